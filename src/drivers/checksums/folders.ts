import { ImgctlError, partialError } from '../../core/errors.ts';
import type { Call } from '../../core/operation.ts';
import { architectureOf } from '../../core/architecture.ts';
import type { ChecksumsClient } from './client.ts';
import type { Folder } from './layout.ts';
import { imagesIn, type PublishedImage } from './images.ts';
import { readFolder } from './listed-file.ts';

/** Folders that are read at the same time. */
const atOnce = 4;

/** What was read. `failed`: folders that could not be, while others could. */
export interface Published {
  readonly images: readonly PublishedImage[];
  readonly failed: ImgctlError | undefined;
}

/**
 * Reads folders. Of several those that are not there are told of and left out. Throws what went wrong where nothing could be read, and
 * whatever says that something cannot be trusted.
 */
export async function readFolders(client: ChecksumsClient, folders: readonly Folder[], call: Call): Promise<Published> {
  const images: PublishedImage[] = [];
  const errors: ImgctlError[] = [];
  for (let first = 0; first < folders.length; first += atOnce) {
    const some = folders.slice(first, first + atOnce);
    const read = await Promise.allSettled(some.map((folder) => readImages(client, folder, call)));
    for (const result of read)
      if (result.status === 'fulfilled') images.push(...result.value);
      else errors.push(unreadable(result.reason));
  }
  const [error] = errors;
  if (error && errors.length === folders.length) throw error;
  for (const gone of errors.filter(({ code }) => code === 'NOT_FOUND')) call.note({ kind: 'warning', message: gone.message });
  const failure = errors.find(({ code }) => code !== 'NOT_FOUND');
  return { images, failed: failure && partialError(`some releases could not be read: ${failure.message}`, { cause: failure }) };
}

const readImages = (client: ChecksumsClient, folder: Folder, call: Call): Promise<readonly PublishedImage[]> =>
  client.memory(call.signal, folder, async () => imagesIn(client.layout, folder, await readFolder(client, folder, call)));

/** What leaves the other folders as they are; all else is thrown on. */
function unreadable(reason: unknown): ImgctlError {
  if (reason instanceof ImgctlError && ['NOT_FOUND', 'NETWORK', 'PROVIDER', 'LIMIT'].includes(reason.code)) return reason;
  throw reason;
}

export const isOfRelease = ({ release }: Folder, word: string): boolean =>
  release !== undefined && [release.word, release.version, ...release.aliases].includes(word);

/** The folders of one architecture. */
export const ofArchitecture = (folders: readonly Folder[], word: string): readonly Folder[] =>
  folders.filter(({ arch }) => arch === undefined || arch.name === architectureOf(word));

/** The folders that a text speaks of, by its words: of one release where one is named, of the usual architecture where none is. */
export function foldersMeant({ folders, architecture }: ChecksumsClient, text: string): readonly Folder[] {
  const words = text.split('/');
  const named = folders.filter((folder) => words.some((word) => isOfRelease(folder, word)));
  const arch = words.find((word) => folders.some((folder) => folder.arch?.name === architectureOf(word)));
  return ofArchitecture(named.length > 0 ? named : folders, arch ?? architecture);
}

import { ImgctlError } from '../../core/errors.ts';
import type { Call } from '../../core/operation.ts';
import { bySerial, findNamed, type Naming } from '../_published/find.ts';
import type { ChecksumsClient } from './client.ts';
import { foldersMeant, readFolders, type Published } from './folders.ts';
import type { PublishedImage } from './images.ts';

/** The words that stand for the usual variant of a release, and those that name a variant, too. */
function aliasesOf({ folder: { release }, version, variant, isUsual, isPreferred }: PublishedImage): readonly string[] {
  const words = [
    ...(release ? [release.word, release.version, ...release.aliases] : []),
    ...(version === undefined ? [] : [version]),
  ];
  const withVariant = variant !== undefined && isUsual ? words.map((word) => `${word}/${variant}`) : [];
  return [...new Set([...(isPreferred ? words : []), ...withVariant])];
}

const naming = ({ architecture }: ChecksumsClient): Naming<PublishedImage> => ({
  architecture,
  aliasesOf,
  archOf: ({ architecture: word }) => word,
  isCalled: ({ file, otherNames, disk, name }, text) =>
    [file.url.href, file.name, ...otherNames].includes(text) ||
    (name === disk.stem && otherNames.some((other) => other.startsWith(`${text}.`))),
});

/** The image that a text means, and all that were read. Throws NOT_FOUND for none, CONFLICT for several, and as `readFolders`. */
export async function findImage(
  client: ChecksumsClient,
  text: string,
  call: Call,
): Promise<Published & { readonly image: PublishedImage }> {
  const meant = foldersMeant(client, text);
  const others = client.folders.filter((folder) => !meant.includes(folder));
  const first = meant.length > 0 ? await found(client, await readFolders(client, meant, call), text) : undefined;
  if (first && 'image' in first) return first;
  if (first && others.length === 0) throw first.error;
  const all = await readFolders(client, client.folders, call);
  const result = found(client, all, text);
  if ('image' in result) return result;
  throw all.failed ?? result.error;
}

function found(
  client: ChecksumsClient,
  published: Published,
  text: string,
): (Published & { readonly image: PublishedImage }) | { readonly error: ImgctlError } {
  try {
    return { ...published, image: findNamed(published.images, text, naming(client)) };
  } catch (error) {
    if (!(error instanceof ImgctlError) || error.code !== 'NOT_FOUND') throw error;
    return { error: published.failed ?? error };
  }
}

/** The same image of the serial before; absent: there is none. */
export const imageBefore = (
  images: readonly PublishedImage[],
  { serial, line, architecture, disk }: PublishedImage,
): PublishedImage | undefined =>
  serial === undefined
    ? undefined
    : images
        .filter((image) => image.line === line && image.architecture === architecture && image.disk.ending === disk.ending)
        .filter((image) => image.serial !== undefined && bySerial(image.serial, serial) < 0)
        .sort((a, b) => bySerial(b.serial ?? '', a.serial ?? ''))[0];

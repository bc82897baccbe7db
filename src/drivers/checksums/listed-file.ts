import type { ListedFile } from './published-file.ts';
import { checksumsIn, strongestOf } from '../../core/checksum-file.ts';
import type { PublishedChecksum } from '../../core/checksum.ts';
import { ImgctlError, providerError } from '../../core/errors.ts';
import type { Call, Digests } from '../../core/operation.ts';
import type { Signer } from '../../core/signature.ts';
import { folderAddress } from '../_published/address.ts';
import { publishedPath } from '../_published/path.ts';
import { readText, type PublishedText } from '../_published/text.ts';
import { fillingOf, type ChecksumsClient } from './client.ts';
import type { Folder } from './layout.ts';
import { currentSerial } from './current.ts';
import { filled } from './placeholder.ts';

interface Place {
  readonly client: ChecksumsClient;
  /** The root of what is published, by name and for data. */
  readonly root: URL;
  readonly files: URL;
  readonly serial: string | undefined;
  readonly call: Call;
}

/** The files of a folder. Throws as `readText`, and PROVIDER for a checksum file that has no checksum. */
export async function readFolder(client: ChecksumsClient, folder: Folder, call: Call): Promise<readonly ListedFile[]> {
  const { layout } = client;
  const serial = await currentSerial(client, folder, call);
  const fill = (text: string): string => filled(text, fillingOf(folder, serial));
  const root = folderAddress('url', fill(layout.url));
  const files = layout.mirror === undefined ? root : folderAddress('mirror', fill(layout.mirror));
  const place: Place = { client, root, files, serial, call };
  const named = layout.files.map(fill);
  if (layout.sums.length === 0) return named.flatMap((name) => fileAt(place, { name, checksums: [], path: name }));
  return fromThose(layout.sums.map(fill), (sums) => readSums(place, sums, named));
}

/** What those say that are there: a release need not have everything that another has. Throws as `read` where none of them is there. */
async function fromThose(
  names: readonly string[],
  read: (name: string) => Promise<readonly ListedFile[]>,
): Promise<readonly ListedFile[]> {
  const listed: ListedFile[] = [];
  const gone: ImgctlError[] = [];
  for (const name of names)
    try {
      listed.push(...(await read(name)));
    } catch (error) {
      if (!(error instanceof ImgctlError) || error.code !== 'NOT_FOUND') throw error;
      gone.push(error);
    }
  const [first] = gone;
  if (first && gone.length === names.length) throw first;
  return listed;
}

/** What one checksum file says, or where each file has its own what these say. */
async function readSums(place: Place, sums: string, named: readonly string[]): Promise<readonly ListedFile[]> {
  if (!sums.startsWith('*')) {
    const { checksums, signer } = await readChecksums(place, sums);
    const below = sums.replace(/[^/]*$/, '');
    return filesIn(checksums).flatMap(([name, own]) =>
      named.length > 0 && !named.includes(name)
        ? []
        : fileAt(place, { name, checksums: own, path: own[0]?.path ?? below + name, signer }),
    );
  }
  return fromThose(named, async (name) => {
    const { checksums, signer } = await readChecksums(place, name + sums.slice(1));
    return ownFile(place, name, checksums, signer);
  });
}

/** The digests of each file that is named, in order. */
function filesIn(checksums: readonly PublishedChecksum[]): readonly (readonly [string, readonly PublishedChecksum[]])[] {
  const files = new Map<string, PublishedChecksum[]>();
  for (const one of checksums)
    if (one.name !== undefined) (files.get(one.name) ?? files.set(one.name, []).get(one.name))?.push(one);
  return [...files];
}

/** What a checksum file says of the file that it is called after: by that name, by none, or by the one that it was built under. */
function ownFile(
  place: Place,
  file: string,
  checksums: readonly PublishedChecksum[],
  signer: Signer | undefined,
): readonly ListedFile[] {
  const below = file.replace(/[^/]*$/, '');
  const name = file.slice(below.length);
  const own = checksums.filter((one) => one.name === undefined || one.name === name);
  const [built, ...others] = new Set(checksums.map((one) => one.name));
  if (own.length > 0) return fileAt(place, { name, checksums: own, path: file, signer });
  if (built === undefined || others.length > 0) return [];
  return fileAt(place, { name: built, checksums, path: below + built, signer, otherName: name });
}

async function readChecksums(
  { client, root, call }: Place,
  sums: string,
): Promise<{ readonly checksums: readonly PublishedChecksum[]; readonly signer: Signer | undefined }> {
  const path = publishedPath(sums);
  const url = new URL(root.href + (path ?? ''));
  const name = `the checksum file ${sums}`;
  const read = ({ text, signer }: PublishedText) => {
    const checksums = checksumsIn(text);
    if (checksums.length === 0) throw providerError(`${name} of ${url.host} has no checksum in it`);
    return { checksums, signer };
  };
  return readText(client.publisher, { url, name, read }, call);
}

interface Said {
  readonly name: string;
  readonly checksums: readonly PublishedChecksum[];
  /** Below the root. */
  readonly path: string;
  readonly signer?: Signer | undefined;
  readonly otherName?: string;
}

function fileAt({ files, serial }: Place, { name, checksums, path: written, signer, otherName }: Said): readonly ListedFile[] {
  const path = name.length > 255 ? undefined : publishedPath(written);
  if (path === undefined) return [];
  const found = strongestOf(checksums);
  const contradiction = found && 'contradiction' in found ? found.contradiction : undefined;
  const digests: Digests = contradiction ? {} : Object.fromEntries(checksums.map(({ algorithm, hex }) => [algorithm, hex]));
  const bytes = checksums.find((one) => one.bytes !== undefined)?.bytes;
  const raw = checksums[0]?.record ?? { file: name, ...digests, ...(bytes === undefined ? {} : { bytes }) };
  return [
    {
      name: name.split('/').at(-1) ?? name,
      url: new URL(files.href + path),
      digests,
      contradiction,
      bytes,
      signer,
      serial,
      otherName,
      raw,
    },
  ];
}

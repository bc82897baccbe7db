import { stat } from 'node:fs/promises';
import path from 'node:path';
import { unsupportedError } from '../../core/errors.ts';
import type { Handover } from '../../core/operation.ts';
import type { FilledDisk } from '../_oci/disk-record.ts';
import type { Descriptor } from '../_oci/manifest.ts';
import { encodingOf } from '../_oci/media-types.ts';
import type { IncomingDisk } from './store-data.ts';
import { blobsPath, type Folder } from './folder.ts';
import type { Stored } from './stored-disk.ts';

/** Folders of this machine; which of them share a file system is seen when it comes to it. */
const realm = 'folders of this machine';

const notHere = 'the source is not a folder of this machine';

/** A disk of one folder, as another folder can come by it. */
export interface HandedOver extends Omit<IncomingDisk, 'sha256'> {
  readonly disk: Pick<FilledDisk, 'digest' | 'size' | 'layered'>;
  /** All blobs that it lies in. */
  readonly blobs: readonly { readonly file: string; readonly sha256: string }[];
}

/** What of a stored disk decides how another folder comes by it. `bytes`: how long it is, where `blocks` are the blobs that it lies in. */
interface Offered extends Stored {
  readonly virtualBytes?: number | undefined;
  readonly layered?: { readonly blocks: readonly Descriptor[]; readonly bytes: number };
}

const hexOf = (digest: string): string => digest.slice('sha256:'.length);

/** By what another folder finds a disk here. Absent where it is not known what the disk is encoded as. */
export function handoverOf({ file, disk, virtualBytes, layered }: Offered): Handover | undefined {
  const { mediaType, digest, size } = disk;
  if (!layered && !encodingOf(mediaType)) return undefined;
  const virtual = virtualBytes === undefined ? {} : { virtualBytes: String(virtualBytes) };
  return {
    realm,
    values: { file, mediaType, digest, size: String(size), ...virtual, ...(layered ? { layered: JSON.stringify(layered) } : {}) },
  };
}

/** The disk that was handed over. Throws UNSUPPORTED where it is none of a folder on this machine. */
export function diskHanded({ realm: from, values }: Handover): HandedOver {
  const { file, mediaType = '', digest, size, virtualBytes, layered: text } = values;
  // By our own realm it is our own text.
  const layered = text === undefined ? undefined : (JSON.parse(text) as NonNullable<Offered['layered']>);
  const encoding = layered ? { format: 'raw' as const } : encodingOf(mediaType);
  if (from !== realm || file === undefined || digest === undefined || encoding === undefined) throw unsupportedError(notHere);
  const blobs = path.dirname(file);
  return {
    encoding,
    disk: { digest, size: Number(size), layered },
    blobs: [digest, ...(layered?.blocks ?? []).map((block) => block.digest)].map((each) => ({
      file: path.join(blobs, hexOf(each)),
      sha256: hexOf(each),
    })),
    ...(virtualBytes ? { virtualBytes: Number(virtualBytes) } : {}),
  };
}

/** Why a file cannot be linked into a folder: it lies on another file system. Absent: it can, as far as that can be told. */
export async function objection(folder: Folder, handover: Handover): Promise<string | undefined> {
  if (handover.realm !== realm) return notHere;
  const [from, to] = [await deviceOf(handover.values.file ?? ''), await deviceOf(blobsPath(folder))];
  return from === to ? undefined : 'the two folders are on different file systems';
}

/** The file system that a file lies on, or would lie on. */
async function deviceOf(file: string): Promise<number | undefined> {
  const found = await stat(file).catch(() => undefined);
  const parent = path.dirname(file);
  return found?.dev ?? (parent === file ? undefined : deviceOf(parent));
}

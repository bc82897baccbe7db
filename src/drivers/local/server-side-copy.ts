import { stat } from 'node:fs/promises';
import path from 'node:path';
import { unsupportedError } from '../../core/errors.ts';
import type { Handover } from '../../core/operation.ts';
import type { Descriptor } from '../_oci/manifest.ts';
import { encodingOf } from '../_oci/media-types.ts';
import type { IncomingDisk } from './store-data.ts';
import { blobsPath, type Folder } from './folder.ts';

/** Folders of this machine; which of them share a file system is seen when it comes to it. */
const realm = 'folders of this machine';

const notHere = 'the source is not a folder of this machine';

/** A blob of one folder, as another folder can come by it. */
export interface HandedOver extends IncomingDisk {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** By what another folder finds a disk here. Absent where it is not known what the disk is encoded as. */
export function handoverOf(
  file: string,
  { mediaType, digest, size }: Descriptor & { readonly mediaType: string },
  virtualBytes?: number,
): Handover | undefined {
  if (!encodingOf(mediaType)) return undefined;
  const virtual = virtualBytes === undefined ? {} : { virtualBytes: String(virtualBytes) };
  return { realm, values: { file, mediaType, sha256: digest.slice('sha256:'.length), bytes: String(size), ...virtual } };
}

/** The blob that was handed over. Throws UNSUPPORTED where it is none of a folder on this machine. */
export function blobHanded({ realm: from, values }: Handover): HandedOver {
  const { file, mediaType = '', sha256, bytes, virtualBytes } = values;
  const encoding = encodingOf(mediaType);
  if (from !== realm || file === undefined || sha256 === undefined || encoding === undefined) throw unsupportedError(notHere);
  return { file, encoding, sha256, bytes: Number(bytes), ...(virtualBytes ? { virtualBytes: Number(virtualBytes) } : {}) };
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

import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { integrityError, type ImgctlError } from '../../core/errors.ts';
import type { Bytes } from '../../core/http.ts';
import { digestOf } from '../_oci/digest.ts';
import { checkDocument, largestDocumentBytes, type Descriptor } from '../_oci/manifest.ts';
import type { TemporaryFile } from './temporary-file.ts';
import { throwIfAborted, ifThere, onDisk } from './errors.ts';
import { blobsPath, discard, publish, writeDurably, type Folder, type LockedFolder } from './folder.ts';
import { recordPending } from './blob-journal.ts';
import { openToRead } from './safe-file.ts';

const digestPattern = /^sha256:([0-9a-f]{64})$/;

/** Where a blob lies; absent for a digest of another kind, which must not become a path. */
export function blobPath(folder: Folder, digest: string): string | undefined {
  const hex = digestPattern.exec(digest)?.[1];
  return hex === undefined ? undefined : path.join(blobsPath(folder), hex);
}

/** Bytes of a blob; absent if it is not there, or no file. */
export async function blobSize(folder: Folder, digest: string): Promise<number | undefined> {
  const file = blobPath(folder, digest);
  const found = file === undefined ? undefined : await ifThere(`cannot read ${file}`, stat(file));
  return found?.isFile() ? found.size : undefined;
}

/**
 * The text of a small blob; absent if it is not there. Throws INTEGRITY when the bytes are not those that the digest
 * names, or too many for a manifest or record.
 */
export async function readDocument(folder: Folder, { digest, size }: Descriptor): Promise<string | undefined> {
  const file = blobPath(folder, digest);
  if (file === undefined || size > largestDocumentBytes) return undefined;
  const bytes = await readSmall(file);
  if (bytes === undefined) return undefined;
  if (digestOf(bytes) !== digest) throw damagedBlob(file);
  return bytes.toString('utf8');
}

/** All bytes of a blob; absent if it is not there. */
async function readSmall(file: string): Promise<Buffer | undefined> {
  const handle = await ifThere(`cannot read ${file}`, openToRead(file));
  return handle && onDisk(`cannot read ${file}`, handle.readFile()).finally(() => handle.close());
}

/** The failure of a blob whose bytes are not those of its digest. */
export const damagedBlob = (file: string): ImgctlError =>
  integrityError(`${file} is damaged: its SHA-256 is not its name`, {
    hint: 'Restore the file from a backup, or delete the image.',
  });

/** Stores a small blob, and says what describes it. Throws LIMIT for one that could not be read again. */
export async function putDocument(folder: LockedFolder, mediaType: string, text: string): Promise<Descriptor> {
  checkDocument(text);
  const bytes = Buffer.from(text, 'utf8');
  const digest = digestOf(bytes);
  const file = path.join(blobsPath(folder), digest.slice('sha256:'.length));
  await recordPending(folder, [digest]);
  // What has the name may have other bytes by now.
  const there = await readSmall(file);
  if (!there?.equals(bytes)) await writeDurably(folder, file, bytes);
  return { mediaType, digest, size: bytes.length };
}

/**
 * Whether a blob is there and every byte of it is what its digest stands for. A digest that was right when the blob was stored says
 * nothing of the disk a year later.
 */
export async function isIntact(folder: Folder, { digest, size }: Pick<Descriptor, 'digest' | 'size'>, signal: AbortSignal) {
  const file = blobPath(folder, digest);
  return file !== undefined && (await blobSize(folder, digest)) === size && (await digestOfFile(file, size, signal)) === digest;
}

/** The digest of the first `size` bytes of a file. Throws INTEGRITY where it has fewer. */
export async function digestOfFile(file: string, size: number, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of readBlob(file, 0, size - 1, signal)) hash.update(chunk);
  return `sha256:${hash.digest('hex')}`;
}

/**
 * Gives a draft its place among the blobs. Its bytes are known to be right, and take the place of what is there: that may have
 * the name and the length, and be rotten.
 */
export async function placeBlob(folder: LockedFolder, draft: TemporaryFile): Promise<void> {
  const file = blobPath(folder, draft.digest);
  if (file === undefined) return;
  await recordPending(folder, [draft.digest]);
  await publish(draft.file, file);
}

/** Takes blobs away. A digest of another kind than ours names no file. */
export async function dropBlobs(folder: LockedFolder, digests: readonly string[]): Promise<void> {
  for (const digest of digests) {
    const file = blobPath(folder, digest);
    if (file !== undefined) await discard(folder, file);
  }
}

/** Bytes of a blob from `from` up to and with `to`. One buffer is used again for all chunks. */
export async function* readBlob(file: string, from: number, to: number, signal: AbortSignal): Bytes {
  const handle = await onDisk(`cannot read ${file}`, openToRead(file));
  try {
    const buffer = Buffer.allocUnsafe(1024 * 1024);
    for (let at = from; at <= to;) {
      throwIfAborted(signal);
      const { bytesRead } = await onDisk(`cannot read ${file}`, handle.read(buffer, 0, Math.min(buffer.length, to + 1 - at), at));
      if (bytesRead === 0) throw integrityError(`${file} is truncated: it ends at byte ${at}, ${to + 1 - at} bytes are missing`);
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

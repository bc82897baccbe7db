import { createHash } from 'node:crypto';
import { open, readFile, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { integrityError } from '../../core/errors.ts';
import type { Bytes } from '../../core/http.ts';
import { digestOf } from '../_oci/digest.ts';
import type { Descriptor } from '../_oci/manifest.ts';
import { clearDrafts, keptAlive } from './drafts.ts';
import { goOn, ifThere, onDisk } from './failure.ts';
import { blobsPath, discard, makeLayout, newDraft, publish, writeDurably, type Folder, type LockedFolder } from './folder.ts';
import { unsettle } from './ledger.ts';

/** Manifests and records are small; what is larger is none (registries draw the line at 4 MiB). */
const largestDocument = 4 * 1024 * 1024;
const digestPattern = /^sha256:([0-9a-f]{64})$/;

/** Where a blob lies; absent for a digest of another kind, which must not become a path. */
export function blobPath(folder: Folder, digest: string): string | undefined {
  const hex = digestPattern.exec(digest)?.[1];
  return hex === undefined ? undefined : path.join(blobsPath(folder), hex);
}

/** Bytes of a blob; absent if it is not there. */
export async function blobSize(folder: Folder, digest: string): Promise<number | undefined> {
  const file = blobPath(folder, digest);
  return file === undefined ? undefined : (await ifThere(`looking at ${file}`, stat(file)))?.size;
}

/**
 * The text of a small blob; absent if it is not there. Throws INTEGRITY when the bytes are not those that the digest
 * names, or too many for a manifest or record.
 */
export async function readDocument(folder: Folder, { digest, size }: Descriptor): Promise<string | undefined> {
  const file = blobPath(folder, digest);
  if (file === undefined || size > largestDocument) return undefined;
  const bytes = await ifThere(`reading ${file}`, readFile(file));
  if (bytes === undefined) return undefined;
  if (digestOf(bytes) !== digest)
    throw integrityError(`${file} is damaged: its bytes are not those that its name stands for`, {
      hint: 'bring the file back from a copy of the folder',
    });
  return bytes.toString('utf8');
}

/** Stores a small blob, and says what describes it. */
export async function putDocument(folder: LockedFolder, mediaType: string, text: string): Promise<Descriptor> {
  const bytes = Buffer.from(text, 'utf8');
  const digest = digestOf(bytes);
  const file = path.join(blobsPath(folder), digest.slice('sha256:'.length));
  if ((await blobSize(folder, digest)) !== bytes.length) {
    await unsettle(folder, [digest]);
    await writeDurably(folder, file, bytes);
  }
  return { mediaType, digest, size: bytes.length };
}

/** Bytes that were written to the end and are synced, and have no name yet. Whoever gets it removes the file. */
export interface Draft {
  readonly file: string;
  readonly digest: string;
  readonly size: number;
}

/** Writes a stream to a draft. An error of the stream comes out as it is; nothing is left behind then. */
export async function writeDraft(folder: Folder, bytes: Bytes, signal: AbortSignal): Promise<Draft> {
  await makeLayout(folder);
  // Before the new one: the space may be needed for it.
  await clearDrafts(folder);
  const file = newDraft(folder);
  const hash = createHash('sha256');
  let size = 0;
  try {
    const handle = await onDisk(`writing ${file}`, open(file, 'wx', 0o644));
    try {
      await keptAlive(file, async () => {
        for await (const chunk of bytes) {
          goOn(signal);
          hash.update(chunk);
          await onDisk(`writing ${file}`, handle.writeFile(chunk));
          size += chunk.byteLength;
        }
      });
      goOn(signal);
      await onDisk(`writing ${file}`, handle.sync());
    } finally {
      await handle.close();
    }
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
  return { file, digest: `sha256:${hash.digest('hex')}`, size };
}

/** Whether a blob of this size is there. Marks it as used just now, so that no collector takes it for forgotten. */
export async function holdsBlob(folder: Folder, digest: string, size: number): Promise<boolean> {
  const file = blobPath(folder, digest);
  if (file === undefined || (await blobSize(folder, digest)) !== size) return false;
  const now = new Date();
  await onDisk(`marking ${file}`, utimes(file, now, now));
  return true;
}

/** Gives a draft its place among the blobs, unless the same bytes are there already. */
export async function placeDraft(folder: LockedFolder, draft: Draft): Promise<void> {
  const file = blobPath(folder, draft.digest);
  if (file === undefined || (await holdsBlob(folder, draft.digest, draft.size))) return;
  await unsettle(folder, [draft.digest]);
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
  const handle = await onDisk(`reading ${file}`, open(file, 'r'));
  try {
    const buffer = Buffer.allocUnsafe(1024 * 1024);
    for (let at = from; at <= to;) {
      goOn(signal);
      const { bytesRead } = await onDisk(`reading ${file}`, handle.read(buffer, 0, Math.min(buffer.length, to + 1 - at), at));
      if (bytesRead === 0) throw integrityError(`${file} ends at byte ${at}; ${to + 1 - at} bytes are missing`);
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

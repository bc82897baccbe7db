import { createHash, randomUUID, type Hash } from 'node:crypto';
import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { conflictError, ImgctlError, integrityError, localError } from '../core/errors.ts';
import type { Bytes } from '../core/http.ts';
import type { Digests } from '../core/operation.ts';
import { strongest } from './checked.ts';
import { fileBytes } from './file-bytes.ts';
import type { Source } from './source.ts';

/** How a file is to be written. */
export interface Saving {
  /** Replace a file that is there. */
  readonly force: boolean;
  /** Go on from what an earlier run left of the same bytes. */
  readonly resume: boolean;
  /** Tells the bytes of this download from others, for the name of the partial file: the image's id. */
  readonly identity: string;
  progress(bytes: number, total: number | undefined): void;
  warn(message: string): void;
}

/** What was written: verified against `verifiedBy`, absent where nobody has published a digest. */
export interface Saved {
  readonly path: string;
  readonly bytes: number;
  readonly digests: Digests;
  readonly verifiedBy?: string;
}

/** Throws CONFLICT if a file is there and may not be replaced. */
export async function checkTarget(file: string, force: boolean): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found && !force) throw conflictError(`${file} exists already`, { hint: '--force replaces it' });
}

const unsafeInNames = /[^A-Za-z0-9._-]/g;

/**
 * Writes a source to a file, which has its name only when every byte is there, verified and on the disk. Until then the
 * bytes are in `.NAME.ID.imgctl-part` beside it, mode 0600; what is left of it by a failure serves `resume`.
 * Throws INTEGRITY when length or digest differ, LOCAL when it cannot be written, CONFLICT when the file exists.
 */
export async function saveTo(file: string, source: Source, saving: Saving): Promise<Saved> {
  await checkTarget(file, saving.force);
  const folder = path.dirname(path.resolve(file));
  const identity = saving.resume ? saving.identity.replace(unsafeInNames, '_') : randomUUID();
  const partial = path.join(folder, `.${path.basename(file)}.${identity}.imgctl-part`);
  const handle = await openPartial(partial);
  try {
    const saved = await fill(handle, source, saving, file);
    await handle.sync();
    await handle.close();
    await checkTarget(file, saving.force);
    await rename(partial, file);
    await syncFolder(folder);
    return saved;
  } catch (error) {
    await handle.close().catch(() => undefined);
    const keep =
      saving.resume &&
      error instanceof ImgctlError &&
      (error.code === 'NETWORK' || error.code === 'ABORTED' || error.code === 'PROVIDER');
    if (!keep) await rm(partial, { force: true });
    throw noRoom(error, file);
  }
}

async function openPartial(partial: string): Promise<FileHandle> {
  return open(partial, 'a+', 0o600).catch((cause: NodeJS.ErrnoException) => {
    throw localError(`cannot write ${partial}: ${cause.code ?? cause.message}`, { cause });
  });
}

function noRoom(error: unknown, file: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (error instanceof ImgctlError || (code !== 'ENOSPC' && code !== 'EDQUOT' && code !== 'EFBIG')) return error;
  return localError(`no room left for ${file} (${code})`, { cause: error });
}

/** Node cannot open a folder for writing on every platform; where it can, the rename is made durable. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

async function fill(handle: FileHandle, source: Source, saving: Saving, file: string): Promise<Saved> {
  const expected = strongest(source.digests);
  const hash = createHash(expected?.algorithm ?? 'sha256');
  let there = saving.resume ? (await handle.stat()).size : 0;
  if (there > (source.bytes ?? Infinity) || !source.repeatable) {
    await handle.truncate(0);
    there = 0;
  }
  if (there > 0) {
    saving.warn(`going on behind the ${there} bytes that are there already`);
    for await (const chunk of fileBytes(handle, { to: there - 1 })) hash.update(chunk);
    saving.progress(there, source.bytes);
  }
  const bytes = there + (there === source.bytes ? 0 : await append(handle, source.open(there), hash, saving, source.bytes));
  if (source.bytes !== undefined && bytes !== source.bytes)
    throw integrityError(`${source.name} gave ${bytes} bytes, not the ${source.bytes} that it has`);
  const found = hash.digest('hex');
  if (expected && found !== expected.hex)
    throw integrityError(`${source.name}: the ${expected.algorithm} of what arrived is ${found}, not ${expected.hex}`, {
      hint: 'nothing was kept; try again',
    });
  const algorithm = expected?.algorithm ?? 'sha256';
  return { path: file, bytes, digests: { [algorithm]: found }, ...(expected ? { verifiedBy: algorithm } : {}) };
}

async function append(handle: FileHandle, bytes: Bytes, hash: Hash, saving: Saving, total: number | undefined): Promise<number> {
  let appended = 0;
  for await (const chunk of bytes) {
    hash.update(chunk);
    let written = 0;
    while (written < chunk.length) written += (await handle.write(chunk, written, chunk.length - written)).bytesWritten;
    appended += chunk.length;
    saving.progress(chunk.length, total);
  }
  return appended;
}

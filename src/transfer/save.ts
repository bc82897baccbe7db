import { chmod, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { conflictError, ImgctlError, integrityError, localError, usageError } from '../core/errors.ts';
import type { Digests } from '../core/operation.ts';
import { collector } from '../host/collect.ts';
import { compareDigests, strongest, type Checksum } from './checked.ts';
import { parallelDigester, type Digester } from './digests.ts';
import { clearDeadDrafts, draftsFor, keptAlive } from './drafts.ts';
import { fileBytes } from './file-bytes.ts';
import type { Source } from './source.ts';
import { writeSparse } from './writers/raw.ts';

/** How a file is to be written. */
export interface Saving {
  /** Replace a file that is there. */
  readonly force: boolean;
  /** Go on from what an earlier run left of the same bytes. */
  readonly resume: boolean;
  /** Tells these bytes from others, for the name under which a broken transfer keeps what has come; absent: nothing is kept. */
  readonly identity?: string;
  /** Digests that the bytes must have, besides the strongest one that the source has published. */
  readonly checksums?: readonly Checksum[];
  /** Digests to be taken where none is to be compared; default SHA-256. */
  readonly digests?: readonly string[];
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

/** Throws CONFLICT if a file is there and may not be replaced, USAGE if something else is. */
export async function checkTarget(file: string, force: boolean): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found && !found.isFile())
    throw usageError(`${file} is ${found.isDirectory() ? 'a folder' : 'no file'}; nothing is written there`);
  if (found && !force) throw conflictError(`${file} exists already`, { hint: '--force replaces it' });
}

/**
 * Writes a source to a file, which has its name only when every byte is there, verified and on the disk; zeros take no room.
 * Until then the bytes are in a hidden file beside it, mode 0600; then it gets the mode of the file it replaces, or the usual one. With `resume`, what a broken run leaves of them is kept as
 * `.NAME.IDENTITY.imgctl-part`, which the failure names. What a run that was killed has left is gone on from, or cleared away.
 * Throws INTEGRITY when length or digest differ, LOCAL when it cannot be written, CONFLICT when the file exists.
 */
export async function saveTo(file: string, source: Source, saving: Saving): Promise<Saved> {
  await checkTarget(file, saving.force);
  const folder = path.dirname(path.resolve(file));
  const drafts = draftsFor(file, source.repeatable ? saving.identity : undefined);
  const { draft, kept } = drafts;
  await clearDeadDrafts(file, drafts, saving.resume);
  const handle = await openDraft(draft, saving.resume ? kept : undefined);
  try {
    const saved = await keptAlive(draft, () => fill(handle, source, saving, file));
    await handle.sync();
    await handle.close();
    await checkTarget(file, saving.force);
    await chmod(draft, (await stat(file).catch(() => undefined))?.mode ?? 0o666 & ~process.umask());
    await rename(draft, file);
    await syncFolder(folder);
    return saved;
  } catch (error) {
    await handle.close().catch(() => undefined);
    throw await abandoned(draft, kept, noRoom(error, file), saving);
  }
}

/** A new file, or what an earlier run has kept: taken by renaming it, so that of two runs only one goes on with it. */
async function openDraft(draft: string, kept: string | undefined): Promise<FileHandle> {
  const taken = kept !== undefined && (await rename(kept, draft).then(() => true, () => false)); // prettier-ignore
  return open(draft, taken ? 'r+' : 'wx+', 0o600).catch((cause: NodeJS.ErrnoException) => {
    throw localError(`cannot write ${draft}: ${cause.code ?? cause.message}`, { cause });
  });
}

const resumable: readonly string[] = ['NETWORK', 'PROVIDER', 'ABORTED'];

/** Removes a draft, or keeps what is worth it and says so. */
async function abandoned(draft: string, kept: string | undefined, error: unknown, { resume }: Saving): Promise<unknown> {
  const code = error instanceof ImgctlError ? error.code : '';
  const bytes = (await stat(draft).catch(() => undefined))?.size ?? 0;
  const keep = kept !== undefined && resume && bytes > 0 && resumable.includes(code);
  if (!keep || !(error instanceof ImgctlError)) {
    await rm(draft, { force: true });
    return error;
  }
  await rename(draft, kept);
  return new ImgctlError(error.code, error.message, {
    ...error.circumstances,
    hint: `the same with --resume goes on behind the ${bytes} bytes in ${kept}`,
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
  const published = strongest(source.digests);
  const expected = [...(saving.checksums ?? []), ...(published ? [published] : [])];
  const algorithms = expected.length > 0 ? expected.map(({ algorithm }) => algorithm) : (saving.digests ?? ['sha256']);
  const digester = parallelDigester([...new Set(algorithms)]);
  try {
    const bytes = await write(handle, source, saving, digester);
    if (source.bytes !== undefined && bytes !== source.bytes)
      throw integrityError(`${source.name} gave ${bytes} bytes, not the ${source.bytes} that it has`);
    const digests = await digester.digests();
    compareDigests(digests, expected, source.name);
    const [first] = expected;
    return { path: file, bytes, digests, ...(first ? { verifiedBy: first.algorithm } : {}) };
  } finally {
    digester.stop();
  }
}

/** Writes behind what is there. However it ends, the file is as long as what has come. */
async function write(handle: FileHandle, source: Source, saving: Saving, digester: Digester): Promise<number> {
  let at = await alreadyThere(handle, source, saving, digester);
  if (at > 0 && at === source.bytes) return at;
  const collect = collector('minor');
  try {
    for await (const chunk of source.open(at)) {
      await Promise.all([digester.update(chunk), writeSparse(handle, chunk, at)]);
      at += chunk.length;
      saving.progress(chunk.length, source.bytes);
      collect(chunk.length);
    }
  } finally {
    await handle.truncate(at);
  }
  return at;
}

async function alreadyThere(handle: FileHandle, source: Source, saving: Saving, digester: Digester): Promise<number> {
  const { size } = await handle.stat();
  if (size > (source.bytes ?? Infinity)) {
    await handle.truncate(0);
    return 0;
  }
  if (size === 0) return 0;
  saving.warn(`going on behind the ${size} bytes that are there already`);
  for await (const chunk of fileBytes(handle, { to: size - 1 })) await digester.update(chunk);
  saving.progress(size, source.bytes);
  return size;
}

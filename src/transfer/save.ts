import { constants, link, lstat, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { given } from '../core/image.ts';
import { conflictError, ImgctlError, integrityError, localError, usageError } from '../core/errors.ts';
import type { Digests } from '../core/operation.ts';
import { humanSize } from '../core/quantity.ts';
import { errnoCode, errnoMessage } from '../core/errno.ts';
import { localized, syncFolder } from '../host/durable-file.ts';
import { collector } from '../host/garbage-collection.ts';
import { compareDigests, strongest, type Checksum } from './checksum.ts';
import { parallelDigester, type Digester } from './digests.ts';
import { removeStaleFiles, temporaryFilesFor, withHeartbeat } from './temporary-file.ts';
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

/** What was written: verified against `verifiedBy`, absent where nobody has published anything to hold it against. */
export interface Saved {
  readonly path: string;
  readonly bytes: number;
  readonly digests: Digests;
  readonly verifiedBy?: string;
}

/** Throws CONFLICT if a file is there and may not be replaced, USAGE if something else is. */
export async function checkTarget(file: string, force: boolean): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found && !found.isFile()) throw usageError(`${file} is ${found.isDirectory() ? 'a folder' : 'not a regular file'}`);
  // A link that leads nowhere has the name, too.
  if (!force && (found ?? (await lstat(file).catch(() => undefined)))) throw alreadyThere(file);
}

const alreadyThere = (file: string): ImgctlError =>
  conflictError(`${file} already exists`, { hint: 'Overwrite it with --force.' });

/**
 * Writes a source to a file, which has its name only when every byte is there, verified and on the disk; zeros take no room.
 * Until then the bytes are in a hidden file beside it, mode 0600; then it gets the mode of the file it replaces, or the usual one. With `resume`, what a broken run leaves of them is kept as
 * `.NAME.IDENTITY.imgctl-part`, which the failure names. What a run that was killed has left is gone on from, or cleared away.
 * Throws INTEGRITY when length or digest differ, LOCAL when it cannot be written, CONFLICT when the file exists.
 */
export async function saveTo(file: string, source: Source, saving: Saving): Promise<Saved> {
  await checkTarget(file, saving.force);
  const folder = path.dirname(path.resolve(file));
  const drafts = temporaryFilesFor(file, source.repeatable ? saving.identity : undefined);
  const { draft, kept } = drafts;
  await removeStaleFiles(file, drafts, saving.resume);
  const handle = await openDraft(file, draft, saving.resume ? kept : undefined, source.bytes);
  try {
    const saved = await withHeartbeat(draft, () => fill(handle, source, saving, file));
    const mode = (await stat(file).catch(() => undefined))?.mode ?? 0o666 & ~process.umask();
    // Where no mode can be set the bytes are there all the same.
    await handle.chmod(mode).catch(() => undefined);
    await handle.sync();
    await handle.close();
    await checkTarget(file, saving.force);
    await (saving.force ? rename(draft, file) : takeFreeName(draft, file, saving));
    await syncFolder(folder);
    return saved;
  } catch (error) {
    await handle.close().catch(() => undefined);
    throw await abandoned(draft, kept, localized(error, file), saving);
  }
}

/** A new file, or what an earlier run has kept: taken by renaming it, so that of two runs only one goes on with it. */
async function openDraft(file: string, draft: string, kept: string | undefined, bytes: number | undefined): Promise<FileHandle> {
  const taken = kept === undefined ? undefined : await takeKept(kept, draft, bytes);
  return taken ?? open(draft, 'wx+', 0o600).catch((cause: unknown) => Promise.reject(cannotCreate(cause, file)));
}

/** What was kept, if it is a file of our own with no other name and not too long: anybody may have put something there. */
async function takeKept(kept: string, draft: string, bytes = Infinity): Promise<FileHandle | undefined> {
  const { O_RDWR, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  const handle = await open(kept, O_RDWR | O_NOFOLLOW | O_NONBLOCK).catch(() => undefined);
  if (!handle) return undefined;
  const before = await handle.stat();
  const isOurs = before.isFile() && before.nlink === 1 && before.uid === (process.getuid?.() ?? before.uid);
  const isTaken = isOurs && before.size <= bytes && (await rename(kept, draft).then(() => true, () => false)); // prettier-ignore
  const there = isTaken ? await lstat(draft).catch(() => undefined) : undefined;
  if (there?.ino === before.ino && there.dev === before.dev && there.nlink === 1) return handle;
  await handle.close();
  // What came in between under the name is not ours to write to; the draft needs its name.
  if (isTaken) await rename(draft, kept).catch(() => undefined);
  return undefined;
}

function cannotCreate(cause: unknown, file: string): unknown {
  const code = errnoCode(cause);
  const folder = path.dirname(path.resolve(file));
  if (code === 'ENOENT') return localError(`cannot write ${file}: the folder ${folder} does not exist`, { cause });
  if (code === 'ENOTDIR') return localError(`cannot write ${file}: ${folder} is not a folder`, { cause });
  return localized(cause, file);
}

/** What of a file system without second names is known by. */
const linkless: readonly string[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL', 'EMLINK', 'EXDEV', 'EACCES'];

/** Gives a draft its name in one step, if nobody has it. Throws CONFLICT. */
async function takeFreeName(draft: string, file: string, saving: Saving): Promise<void> {
  try {
    await link(draft, file);
  } catch (error) {
    const code = errnoCode(error);
    if (code === 'EEXIST') throw alreadyThere(file);
    if (code === undefined || !linkless.includes(code)) throw error;
    const holder = await open(file, 'wx').catch((cause: unknown) =>
      Promise.reject(errnoCode(cause) === 'EEXIST' ? alreadyThere(file) : cause),
    );
    await holder.close();
    return rename(draft, file);
  }
  // The file is there; this is a second name of it.
  await drop(draft, saving);
}

/** Removes a draft. One that stays is named, for it takes room; the next run of the same file tries again. Returns whether it is gone. */
async function drop(draft: string, { warn }: Pick<Saving, 'warn'>): Promise<boolean> {
  try {
    await rm(draft, { force: true });
    return true;
  } catch (error) {
    warn(`could not remove ${draft}: ${errnoMessage(error)}`);
    return false;
  }
}

const resumable: readonly string[] = ['NETWORK', 'PROVIDER', 'ABORTED'];

/** Removes a draft, or keeps what is worth it; the failure says which. */
async function abandoned(draft: string, kept: string | undefined, error: unknown, saving: Saving): Promise<unknown> {
  const bytes = (await stat(draft).catch(() => undefined))?.size ?? 0;
  const isWorth = error instanceof ImgctlError && kept !== undefined && bytes > 0 && resumable.includes(error.code);
  const isKept = isWorth && saving.resume && (await rename(draft, kept).then(() => true, () => false)); // prettier-ignore
  const isGone = isKept || (await drop(draft, saving));
  if (!(error instanceof ImgctlError) || bytes === 0 || !isGone) return error;
  const { hint } = error.circumstances;
  const fate = fateOf(humanSize(bytes), isWorth, isKept);
  return new ImgctlError(error.code, error.message, {
    ...error.circumstances,
    hint: isKept || hint === undefined ? fate : `${hint}\n${fate}`,
  });
}

/** What became of what had come. What another run could not go on from is gone either way. */
function fateOf(size: string, isWorth: boolean, isKept: boolean): string {
  if (isKept) return `Run it again with --resume to continue from ${size}.`;
  return isWorth
    ? `Removed the ${size} that had arrived; use --resume to keep them for the next run.`
    : `Removed the ${size} that had been written.`;
}

async function fill(handle: FileHandle, source: Source, saving: Saving, file: string): Promise<Saved> {
  const published = strongest(source.digests);
  const expected = [...(saving.checksums ?? []), ...(published ? [published] : [])];
  const algorithms = expected.length > 0 ? expected.map(({ algorithm }) => algorithm) : (saving.digests ?? ['sha256']);
  const digester = parallelDigester([...new Set(algorithms)]);
  try {
    const bytes = await write(handle, source, saving, digester);
    if (source.bytes !== undefined && bytes !== source.bytes)
      throw integrityError(`${source.name}: got ${bytes} bytes, expected ${source.bytes}`);
    const digests = await digester.digests();
    compareDigests(digests, expected, source.name);
    return { path: file, bytes, digests, ...given({ verifiedBy: expected[0]?.algorithm ?? source.verifiedBy }) };
  } finally {
    digester.stop();
  }
}

/** Writes behind what is there. However it ends, the file is as long as what has come. */
async function write(handle: FileHandle, source: Source, saving: Saving, digester: Digester): Promise<number> {
  let at = await alreadyWritten(handle, source, saving, digester);
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

async function alreadyWritten(handle: FileHandle, source: Source, saving: Saving, digester: Digester): Promise<number> {
  const { size } = await handle.stat();
  if (size > (source.bytes ?? Infinity)) {
    await handle.truncate(0);
    return 0;
  }
  if (size === 0) return 0;
  saving.warn(`resuming at ${humanSize(size)}`);
  for await (const chunk of fileBytes(handle, { to: size - 1 })) await digester.update(chunk);
  saving.progress(size, source.bytes);
  return size;
}

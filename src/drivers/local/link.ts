import { constants, copyFile, link, lstat, open, utimes } from 'node:fs/promises';
import { unsupportedError } from '../../core/errors.ts';
import { throwIfAborted } from './errors.ts';
import { damagedBlob, digestOfFile } from './blobs.ts';
import { removeTemporaryFile } from './temporary-file.ts';

/** Bits of a file's mode by which others than its owner may write to it. */
const writableByOthers = 0o022;

/** A blob of another folder. */
interface Blob {
  readonly file: string;
  readonly sha256: string;
}

/**
 * Makes a file of a blob of another folder, without a byte of it being copied: it shares the blob's blocks where the file
 * system can do that, else it is a second name of the same file, which is as good because blobs are never written to. Every
 * byte is read: that they once had the digest is all that the folder they come from can say. Throws INTEGRITY where
 * they have another one by now, UNSUPPORTED where neither is possible.
 */
export async function linkTo(draft: string, { file, sha256 }: Blob, signal: AbortSignal): Promise<void> {
  throwIfAborted(signal);
  try {
    await cloned(file, draft).catch(() => named(file, draft));
    const { size } = await lstat(draft);
    if ((await digestOfFile(draft, size, signal)) !== `sha256:${sha256}`) throw damagedBlob(file);
  } catch (error) {
    await removeTemporaryFile(draft);
    if (!isOfSystem(error)) throw error;
    throw unsupportedError(`the file system cannot link ${file} (${error.code})`, { cause: error });
  }
}

const isOfSystem = (error: unknown): error is NodeJS.ErrnoException & { readonly code: string } =>
  error instanceof Error && 'syscall' in error && 'code' in error;

/** Blocks of its own as soon as either is written to. */
async function cloned(file: string, draft: string): Promise<void> {
  await copyFile(file, draft, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
  const handle = await open(draft, 'r+');
  await handle.sync().finally(() => handle.close());
}

/** Whether nobody but us may write to a file. */
export const isOursAlone = ({ mode, uid }: { readonly mode: number; readonly uid: number }): boolean =>
  uid === process.getuid?.() && (mode & writableByOthers) === 0;

/** A second name for the file, where nobody but us may write to it. Its time is set, so that no collector takes the draft for forgotten. */
async function named(file: string, draft: string): Promise<void> {
  if (!isOursAlone(await lstat(file))) throw unsupportedError(`cannot link ${file}: others may write to it`);
  const now = new Date();
  await utimes(file, now, now);
  await link(file, draft);
}

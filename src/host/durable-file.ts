import { mkdir, open, rename } from 'node:fs/promises';
import path from 'node:path';
import { errnoCode, errnoMessage } from '../core/errno.ts';
import { ImgctlError, localError } from '../core/errors.ts';

/** An error of the system as a LOCAL one about the file that was asked for, not about the draft that it is made in. */
export const localized = (error: unknown, file: string): unknown =>
  error instanceof ImgctlError || errnoCode(error) === undefined
    ? error
    : localError(`cannot write ${file}: ${errnoMessage(error)}`, { cause: error });

/** Writes a small file in a folder of one's own, and gives it its name once it is on the disk. Throws LOCAL. */
export async function writeDurable(file: string, bytes: string | Uint8Array, drafts: string): Promise<void> {
  const draft = path.join(drafts, path.basename(file));
  try {
    const handle = await open(draft, 'w');
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw localized(error, file);
  }
  await moveDurable(draft, file);
}

/** Gives a whole file its name, in folders that are made for it. Throws LOCAL. */
export async function moveDurable(draft: string, file: string): Promise<void> {
  const folder = path.dirname(file);
  try {
    const made = await mkdir(folder, { recursive: true });
    await rename(draft, file);
    // From the file up to the first folder that was made: each has a new name in it.
    const last = made === undefined ? folder : path.dirname(made);
    for (let at = folder; ; at = path.dirname(at)) {
      await syncFolder(at);
      if (at === last || at === path.dirname(at)) break;
    }
  } catch (error) {
    throw localized(error, file);
  }
}

/** Node cannot open a folder for writing on every platform; where it can, the rename is made durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { localError } from '../../core/errors.ts';
import { onDisk } from './failure.ts';

/**
 * Adds text to a file of ours, which is made if it is not there. Throws LOCAL where something else has its name: a link could
 * lead to a file of somebody else's.
 */
export async function append(file: string, text: string): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);
  const handle = await onDisk(`writing ${file}`, open(file, flags | (constants.O_NONBLOCK ?? 0), 0o644));
  try {
    const found = await handle.stat();
    if (!found.isFile() || found.nlink !== 1)
      throw localError(`${file} is not a regular file of its own`, { hint: 'Move it out of the way, then try again.' });
    await onDisk(`writing ${file}`, handle.writeFile(text));
  } finally {
    await handle.close();
  }
}

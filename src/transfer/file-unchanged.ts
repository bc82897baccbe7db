import { fstatSync, statSync, type BigIntStats } from 'node:fs';
import { integrityError } from '../core/errors.ts';

const stateOf = (fd: number): BigIntStats => fstatSync(fd, { bigint: true });

/** Whether two looks at one file show the same content, as far as the system tells. */
function isSame(before: BigIntStats, now: BigIntStats, path: string): boolean {
  if (before.size !== now.size || before.mtimeNs !== now.mtimeNs) return false;
  if (before.ctimeNs === now.ctimeNs) return true;
  // Names and rights may change under an open file: its bytes stay what they were.
  const { nlink, mode, uid, gid } = before;
  if (nlink !== now.nlink || mode !== now.mode || uid !== now.uid || gid !== now.gid) return true;
  const there = statSync(path, { bigint: true, throwIfNoEntry: false });
  return there === undefined || there.ino !== now.ino || there.dev !== now.dev;
}

/**
 * Remembers the state of an open file. What comes back is to be called behind every read: it throws INTEGRITY once the file is not what
 * it was, so that all bytes that pass are of one state.
 */
export function changeDetector(fd: number, path: string): () => void {
  const before = stateOf(fd);
  return () => {
    if (!isSame(before, stateOf(fd), path))
      throw integrityError(`${path} changed while it was read`, { hint: 'Try again once nothing writes to it.' });
  };
}

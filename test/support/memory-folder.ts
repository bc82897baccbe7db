import { existsSync, mkdirSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import path from 'node:path';

/** Where Linux keeps a file system in memory for everybody. */
const memory = '/dev/shm';
const neededBytes = 4 * 1024 ** 3;
const prefix = 'imgctl-tests-';

function hasRoom(): boolean {
  if (process.platform !== 'linux' || !existsSync(memory)) return false;
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize >= neededBytes;
}

/** Removes what runs have left that were killed: it would take memory until the machine is started again. */
function removeLeft(): void {
  for (const name of readdirSync(memory)) {
    const owner = name.startsWith(prefix) ? name.slice(prefix.length) : undefined;
    if (owner !== undefined && !existsSync(`/proc/${owner}`)) rmSync(path.join(memory, name), { recursive: true, force: true });
  }
}

/**
 * Global set-up: temporary files of this run lie in memory where there is room, for tests write thousands of small ones and see them
 * safe on the disk each time, which is a third of all CPU. A TMPDIR that is given counts.
 */
export default function setUp(): (() => void) | undefined {
  if (process.env.TMPDIR !== undefined || !hasRoom()) return undefined;
  removeLeft();
  const folder = path.join(memory, `${prefix}${process.pid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

import { existsSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';

const deviceOf = (folder: string): number => statSync(folder).dev;

/** A folder for everybody on another file system than temporary files are on. Absent: this machine has none. */
export const otherFileSystem = ['/dev/shm', '/var/tmp', '/tmp'].find(
  (folder) => existsSync(folder) && deviceOf(folder) !== deviceOf(tmpdir()),
);

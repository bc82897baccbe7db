import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * Where process ids mean the same: a boot of a machine, and on Linux the namespace (containers have one each). Where that
 * cannot be known, it is nobody else's.
 */
function idSpace(): string {
  try {
    const more =
      process.platform === 'linux'
        ? [readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'), readlinkSync('/proc/self/ns/pid')]
        : [];
    return createHash('sha256')
      .update([hostname(), ...more].join('\n'))
      .digest('hex')
      .slice(0, 8);
  } catch {
    return randomBytes(4).toString('hex');
  }
}

let space: string | undefined;
const ownSpace = (): string => (space ??= idSpace());

/** When a process was started, as the kernel counts; '' where that is not told. Ids are used again. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program, in brackets, may hold anything.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

/** Tells this process from all others, of other containers, machines and times too. Made of letters, digits and `-`. */
export const processId = (): string => `${ownSpace()}-${process.pid}-${startOf(process.pid)}`;

/** What `processId` gives, as a part of a larger pattern. */
export const processIdPattern = '[0-9a-f]{8}-\\d+-\\d*';

/** Whether the process of a mark is there; absent where that cannot be told from here. */
export function isRunning(mark: string): boolean | undefined {
  const [where, pid = '', start] = mark.split('-');
  if (where !== ownSpace()) return undefined;
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const now = startOf(Number(pid));
  return now === '' || now === start;
}

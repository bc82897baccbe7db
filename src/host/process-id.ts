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

/** What the kernel tells of a process: its state, and when it was started. Ids are used again. '' where that is not told. */
function told(pid: number): { readonly state: string; readonly start: string } {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program, in brackets, may hold anything.
    const facts = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: facts[0] ?? '', start: facts[19] ?? '' };
  } catch {
    return { state: '', start: '' };
  }
}

/** States of a process that has ended, and whose parent has not asked for its end: in containers it may never do so. */
const ended: ReadonlySet<string> = new Set(['Z', 'X', 'x']);

/** Tells this process from all others, of other containers, machines and times too. Made of letters, digits and `-`. */
export const processId = (): string => `${ownSpace()}-${process.pid}-${told(process.pid).start}`;

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
  const now = told(Number(pid));
  return !ended.has(now.state) && (now.start === '' || now.start === start);
}

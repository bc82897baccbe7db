import { createHash, randomBytes } from 'node:crypto';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';

const ending = '.imgctl-part';
const unsafeInNames = /[^A-Za-z0-9._-]/g;
/** Whose draft it is: machine, process, and one of its own. */
const owner = /\.([0-9a-f]{8})-(\d+)-[0-9a-f]{8}\.imgctl-part$/;

const machine = (): string => createHash('sha256').update(hostname()).digest('hex').slice(0, 8);

/** The hidden files that a file is made in, in its own folder. `kept` is what a broken transfer leaves: absent without an identity. */
export interface Drafts {
  readonly draft: string;
  readonly kept?: string;
}

/** Their names for a new transfer by this process. `identity` tells these bytes from others. */
export function draftsFor(file: string, identity: string | undefined): Drafts {
  const base = path.join(path.dirname(path.resolve(file)), `.${path.basename(file)}`);
  const named = identity === undefined ? base : `${base}.${identity.replace(unsafeInNames, '_')}`;
  const mine = `${machine()}-${process.pid}-${randomBytes(4).toString('hex')}`;
  return { draft: `${named}.${mine}${ending}`, ...(identity === undefined ? {} : { kept: `${named}${ending}` }) };
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

const sizeOf = async (file: string): Promise<number> => (await stat(file).catch(() => undefined))?.size ?? -1;

/**
 * Clears away what processes of this machine that were killed have left of the same file. With `resume` the longest draft
 * of the same bytes becomes what is kept. Those of other machines stay: whether they are at work cannot be told from here.
 */
export async function clearDeadDrafts(file: string, { kept }: Drafts, resume: boolean): Promise<void> {
  const folder = path.dirname(path.resolve(file));
  for (const name of await readdir(folder).catch(() => [])) {
    const [whole, host, pid] = (name.startsWith(`.${path.basename(file)}.`) && owner.exec(name)) || [];
    if (whole === undefined || host !== machine() || isRunning(Number(pid))) continue;
    const dead = path.join(folder, name);
    const isSame = `${dead.slice(0, -whole.length)}${ending}` === kept;
    // Somebody else may clear up at the same time.
    if (resume && isSame && kept !== undefined && (await sizeOf(dead)) > (await sizeOf(kept)))
      await rename(dead, kept).catch(() => undefined);
    else await rm(dead, { force: true });
  }
}

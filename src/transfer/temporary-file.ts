import { randomBytes } from 'node:crypto';
import { readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { isRunning, processIdPattern, processId } from '../host/process-id.ts';

const ending = '.imgctl-part';
const unsafeInNames = /[^A-Za-z0-9._-]/g;
/** Whose draft it is: a process, and one of its own. Those before had no start of the process in it. */
const owner = new RegExp(`\\.(?:(${processIdPattern})|[0-9a-f]{8}-\\d+)-[0-9a-f]{8}\\.imgctl-part$`);

/** Milliseconds between signs of life of a draft that waits for its next bytes. */
const beatMs = 5_000;
/** Milliseconds without one after which the draft of a process that cannot be seen from here is a dead one's. */
const deadMs = 60_000;

/** Runs `work` on a draft, which shows signs of life meanwhile, to whoever shares the folder. */
export async function withHeartbeat<T>(draft: string, work: () => Promise<T>, everyMs = beatMs): Promise<T> {
  const beat = (): void => {
    const now = new Date();
    // Where times cannot be set, those of what is written count.
    utimes(draft, now, now).catch(() => undefined);
  };
  const timer = setInterval(beat, everyMs);
  timer.unref();
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** The hidden files that a file is made in, in its own folder. `kept` is what a broken transfer leaves: absent without an identity. */
export interface TemporaryFiles {
  readonly draft: string;
  readonly kept?: string;
}

/** Their names for a new transfer by this process. `identity` tells these bytes from others. */
export function temporaryFilesFor(file: string, identity: string | undefined): TemporaryFiles {
  const base = path.join(path.dirname(path.resolve(file)), `.${path.basename(file)}`);
  const named = identity === undefined ? base : `${base}.${identity.replace(unsafeInNames, '_')}`;
  const mine = `${processId()}-${randomBytes(4).toString('hex')}`;
  return { draft: `${named}.${mine}${ending}`, ...(identity === undefined ? {} : { kept: `${named}${ending}` }) };
}

/** A process that can be seen says so itself; of others (containers, machines) the draft shows whether they live. */
async function isDead(draft: string, mark: string | undefined): Promise<boolean> {
  const running = mark === undefined ? undefined : isRunning(mark);
  if (running !== undefined) return !running;
  const found = await stat(draft).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > deadMs;
}

const sizeOf = async (file: string): Promise<number> => (await stat(file).catch(() => undefined))?.size ?? -1;

/**
 * Clears away what processes that were killed have left of the same file, here and in other containers and machines. With
 * `resume` the longest draft of the same bytes becomes what is kept.
 */
export async function removeStaleFiles(file: string, { kept }: TemporaryFiles, resume: boolean): Promise<void> {
  const folder = path.dirname(path.resolve(file));
  for (const name of await readdir(folder).catch(() => [])) {
    const [whole, mark] = (name.startsWith(`.${path.basename(file)}.`) && owner.exec(name)) || [];
    const dead = path.join(folder, name);
    if (whole === undefined || !(await isDead(dead, mark))) continue;
    const isSame = `${dead.slice(0, -whole.length)}${ending}` === kept;
    // Somebody else may clear up at the same time.
    if (resume && isSame && kept !== undefined && (await sizeOf(dead)) > (await sizeOf(kept)))
      await rename(dead, kept).catch(() => undefined);
    // A folder of that name is somebody else's.
    else await rm(dead, { force: true }).catch(() => undefined);
  }
}

import { AsyncLocalStorage } from 'node:async_hooks';
import { promises, type PathLike } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';

interface Opened {
  readonly file: string;
  readonly handle: FileHandle;
}

const openedBy = new AsyncLocalStorage<Opened[]>();
const { open } = promises;
promises.open = async (file: PathLike, ...more): Promise<FileHandle> => {
  const handle = await open(file, ...more);
  openedBy.getStore()?.push({ file: String(file), handle });
  return handle;
};
syncBuiltinESMExports();

/** What was stopped may close its files a moment later. */
const patience = { ms: 20, times: 100 };

/** Does work, and throws where it leaves a file open that it has opened: Node closes that when it collects garbage, and warns. */
export async function closingFiles<Result>(work: () => Promise<Result>): Promise<Result> {
  const opened: Opened[] = [];
  const result = await openedBy.run(opened, work);
  const left = (): readonly Opened[] => opened.filter(({ handle }) => handle.fd >= 0);
  for (let turn = 0; left().length > 0 && turn < patience.times; turn += 1) await sleep(patience.ms);
  const files = left().map(({ file }) => file);
  if (files.length > 0) throw new Error(`files that were left open: ${files.join(', ')}`);
  return result;
}

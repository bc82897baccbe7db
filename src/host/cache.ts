import { randomUUID } from 'node:crypto';
import { readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Cache } from '../core/driver.ts';
import { makeFolder } from './mkdir.ts';
import { isPrivateFolder, readPrivateFile } from './private-file.ts';

/** What a cache may grow to. Ages are milliseconds since an entry was written. */
export interface CacheLimits {
  readonly entryBytes: number;
  readonly totalBytes: number;
  readonly ageMs: number;
  readonly betweenSweepsMs: number;
}

const dayMs = 86_400_000;
const usual: CacheLimits = {
  entryBytes: 16 * 1024 ** 2,
  totalBytes: 64 * 1024 ** 2,
  ageMs: 30 * dayMs,
  betweenSweepsMs: dayMs / 24,
};
const keys = /^[0-9a-f]{64}$/;
/** What `put` writes to, and leaves behind where it is killed. */
const drafts = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;
/** Its time is that of the last sweep. */
const stampName = 'swept';

/**
 * A cache in a folder that only this user can read, one file for each key. Several processes may use it at once: entries
 * come into being whole. `now` is ms since 1970. What cannot be read or written, or may be another user's, is as if there were
 * no cache.
 */
export function createCache(folder: string, now: () => number, limits: CacheLimits = usual): Cache {
  const fileOf = (key: string): string | undefined => (keys.test(key) ? path.join(folder, key) : undefined);
  let ready: Promise<void> | undefined;
  let trusted: boolean | undefined;

  async function makeReady(): Promise<void> {
    makeFolder(folder, 0o700);
    if (!isPrivateFolder(folder)) throw new Error(`others may write to ${folder}`);
    await sweepIfDue(folder, now(), limits);
  }

  function read(key: string): Buffer | undefined {
    const file = fileOf(key);
    try {
      return file !== undefined && (trusted ??= isPrivateFolder(folder)) ? readPrivateFile(file) : undefined;
    } catch {
      return undefined;
    }
  }

  async function write(key: string, parts: readonly Uint8Array[]): Promise<void> {
    const file = fileOf(key);
    if (file === undefined || parts.reduce((sum, { length }) => sum + length, 0) > limits.entryBytes) return;
    const draft = path.join(folder, `${randomUUID()}.tmp`);
    try {
      await (ready ??= makeReady());
      trusted = true;
      await writeFile(draft, parts, { mode: 0o600, flag: 'wx' });
      await rename(draft, file);
    } catch {
      await rm(draft, { force: true }).catch(() => undefined);
    }
  }

  return {
    get: async (key) => read(key)?.toString(),
    put: (key, text) => write(key, [Buffer.from(text)]),
    getBytes: async (key) => read(key),
    putBytes: write,
  };
}

async function sweepIfDue(folder: string, now: number, limits: CacheLimits): Promise<void> {
  const stamp = path.join(folder, stampName);
  const last = await stat(stamp).catch(() => undefined);
  if (last && now - last.mtimeMs < limits.betweenSweepsMs) return;
  await writeFile(stamp, '', { mode: 0o600 });
  await utimes(stamp, now / 1000, now / 1000);
  await sweep(folder, now, limits);
}

/** Removes what is too old, and of the rest the oldest above the size that all may have together; never another program's file. */
async function sweep(folder: string, now: number, { ageMs, totalBytes }: CacheLimits): Promise<void> {
  const entries: { readonly file: string; readonly size: number; readonly time: number }[] = [];
  for (const name of await readdir(folder)) {
    const file = path.join(folder, name);
    // Another process may be sweeping too, or writing.
    const facts = keys.test(name) || drafts.test(name) ? await stat(file).catch(() => undefined) : undefined;
    if (facts?.isFile()) entries.push({ file, size: facts.size, time: facts.mtimeMs });
  }
  let kept = 0;
  for (const { file, size, time } of entries.sort((a, b) => b.time - a.time)) {
    kept += size;
    if (kept > totalBytes || now - time > ageMs) await rm(file, { force: true });
  }
}

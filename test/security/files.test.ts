import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { qcow2Image } from '../support/disk-images.ts';
import { guestDisk, MiB } from '../support/disk-images/guest.ts';
import { plant, seeded, waysToWrite, type Planted } from './planted.ts';

let planted: Planted;
afterEach(() => planted.stop());

/** Everything below a folder, with its mode. */
function below(folder: string): readonly { readonly file: string; readonly mode: number; readonly isFolder: boolean }[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    const facts = { file, mode: statSync(file).mode & 0o777, isFolder: entry.isDirectory() };
    return entry.isDirectory() ? [facts, ...below(file)] : [facts];
  });
}

/** What lies in the home while a command waits for an answer to the first request that `on` names; the command is stopped then. */
async function meanwhile(
  args: readonly string[],
  on: (request: { method: string; path: string }) => boolean,
  stdin?: Uint8Array,
) {
  const stop = new AbortController();
  let waits = false;
  planted.cloud.fail({ kind: 'stall', times: Number.MAX_SAFE_INTEGER, on: (request) => (waits ||= on(request)) });
  const run = planted.run(args, { signal: stop.signal, ...(stdin ? { stdin } : {}) });
  let isOver = false;
  void run.then(() => (isOver = true));
  while (!waits && !isOver) await new Promise((resolve) => setTimeout(resolve, 5));
  const files = below(planted.home.folder);
  const texts = files.filter(({ isFolder }) => !isFolder).map(({ file }) => readFileSync(file, 'latin1'));
  const secrets = planted.secrets();
  stop.abort(130);
  await run;
  for (const needle of secrets.flatMap(waysToWrite)) for (const text of texts) expect(text).not.toContain(needle);
  return files.map(({ file, ...facts }) => ({ ...facts, name: path.relative(planted.home.folder, file) }));
}

/** What this process has open (Linux). */
const openFiles = (): readonly string[] =>
  process.platform === 'linux'
    ? readdirSync('/proc/self/fd').flatMap((fd) => {
        try {
          return [readlinkSync(`/proc/self/fd/${fd}`)];
        } catch {
          return [];
        }
      })
    : [];

describe('files while they are used', () => {
  it('of a download: only their owner may read them until they are whole, and no secret is in them', async () => {
    planted = await plant('openstack');
    const id = await seeded(planted);
    const out = path.join(planted.home.folder, 'out');
    mkdirSync(out, { mode: 0o755 });
    const files = await meanwhile(['download', id, path.join(out, 'disk.raw'), '-p', 'x'], ({ path: at }) =>
      at.endsWith('/file'),
    );
    const parts = files.filter(({ name }) => name.startsWith('out/'));
    expect(parts.map(({ mode }) => mode)).toEqual([0o600]);
    expect(below(out)).toEqual([]);
  });

  it('of an upload that has to be kept meanwhile: a file without a name, which goes with the process however that ends', async () => {
    planted = await plant('linode');
    const disk = qcow2Image(guestDisk(MiB, 1));
    const line = ['upload', '-', '--name', 'up', '-p', 'x'];
    let opened: readonly string[] = [];
    const isBegun = ({ path: at }: { readonly path: string }): boolean => {
      if (at.includes('/images/upload')) opened = openFiles();
      return at.includes('/images/upload');
    };
    const files = await meanwhile(line, isBegun, disk);
    expect(files.filter(({ name }) => name.startsWith('imgctl-'))).toEqual([]);
    if (process.platform === 'linux')
      expect(opened.filter((file) => /imgctl-.*spool \(deleted\)$/.test(file)).length).toBeGreaterThan(0);
    expect(below(planted.home.folder).filter(({ file }) => file.includes('imgctl-') && file.includes('spool'))).toEqual([]);
  });

  it('of the profile store: others lose what they were allowed before, and keep nothing of an earlier state', async () => {
    planted = await plant('linode');
    const store = path.join(planted.home.folder, '.config', 'imgctl');
    const add = ['profile', 'add', 'p', '--provider', 'linode', '--set', 'token=planted-secret-4711', '-q'];
    expect((await planted.run(add)).exitCode).toBe(0);
    chmodSync(path.join(store, 'config.json'), 0o644);
    expect((await planted.run(['profile', 'set', 'p', 'token=planted-secret-4712', '-q'])).exitCode).toBe(0);
    expect(below(store).map(({ file, mode }) => [path.basename(file), mode])).toEqual([['config.json', 0o600]]);
    expect(readFileSync(path.join(store, 'config.json'), 'utf8')).not.toContain('4711');
  });

  it('of names and documents for later runs: only their owner may read them', async () => {
    planted = await plant('oci');
    await seeded(planted);
    await planted.run(['list', '-p', 'x']);
    const cache = path.join(planted.home.folder, '.cache');
    const kept = below(cache).filter(({ file }) => file !== path.join(cache, 'imgctl'));
    expect(kept.length).toBeGreaterThan(2);
    for (const { file, mode, isFolder } of kept) expect(mode, file).toBe(isFolder ? 0o700 : 0o600);
    for (const needle of planted.secrets().flatMap(waysToWrite))
      for (const { file, isFolder } of kept) expect(isFolder ? '' : readFileSync(file, 'latin1')).not.toContain(needle);
  });
});

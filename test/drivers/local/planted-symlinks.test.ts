import { execFileSync } from 'node:child_process';
import { cpSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cliHome, type CliHome } from '../../support/run-cli.ts';
import { profileVariables, smallDisk } from '../../commands/stage.ts';
import { hasTurn } from '../../support/sweep.ts';

const root = mkdtempSync(path.join(tmpdir(), 'imgctl-planted-'));
const template = path.join(root, 'template');
let home: CliHome;
let count = 0;
const holder = '11111111-1111-4111-8111-111111111111';

const env = (store: string) => profileVariables('here', 'local', { path: store, places: `second=${store}-second` });
const run = (store: string, line: string) =>
  home.run(line.replace('DISK', path.join(root, 'disk.raw')).replace('OUT', `${store}-out`).split(' '), { env: env(store) });

beforeAll(async () => {
  home = cliHome();
  writeFileSync(path.join(root, 'disk.raw'), smallDisk());
  writeFileSync(path.join(root, 'other.raw'), smallDisk(2));
  for (const line of ['upload DISK --name here:img --id img', 'create here:queued --id queued', 'list -p here'])
    expect((await run(template, line)).exitCode).toBe(0);
});
afterAll(async () => {
  rmSync(root, { recursive: true, force: true });
  await home.remove();
});

/** Every file of a store of ours, and one that is there only while it works. */
const namesIn = (store: string): readonly string[] => [
  ...readdirSync(store, { recursive: true, encoding: 'utf8' }),
  'imgctl/unsettled',
];
const isFolder = (name: string): boolean =>
  /^(blobs|blobs\/sha256|imgctl|imgctl\/tmp|imgctl\/reserve|imgctl\/index\.lock.*)$/.test(name);

/** Everything below a folder of somebody else's, with what it holds. */
const seen = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map(
      (name) =>
        `${name} ${lstatSync(path.join(folder, name)).isFile() ? readFileSync(path.join(folder, name), 'utf8').slice(0, 100) : ''}`,
    );

/** A store in which `name` leads to what is somebody else's: the same as it was, and more. */
function planted(name: string): { readonly store: string; readonly victim: string } {
  const store = path.join(root, `store-${(count += 1)}`);
  const victim = path.join(root, `victim-${count}`);
  cpSync(template, store, { recursive: true });
  mkdirSync(victim);
  const target = path.join(victim, 'target');
  const at = path.join(store, name);
  mkdirSync(path.dirname(at), { recursive: true });
  if (lstatSync(at, { throwIfNoEntry: false })) renameSync(at, target);
  else if (isFolder(name)) mkdirSync(target);
  else writeFileSync(target, 'theirs\n');
  if (isFolder(name)) {
    mkdirSync(path.join(target, 'sub'));
    for (const each of ['precious', holder, 'sub/deep']) writeFileSync(path.join(target, each), 'theirs');
    for (const each of ['precious', holder, 'sub/deep', 'sub']) utimesSync(path.join(target, each), 1e9, 1e9);
  }
  symlinkSync(target, at);
  return { store, victim };
}

const changes: readonly string[] = [
  'create here:new --id new',
  'upload DISK --name here:more --id more',
  'upload DISK --into here:queued',
  'patch here:img --tag t',
  'replicate here:img --to second',
  'delete here:img --yes',
];
const looks: readonly string[] = ['list -p here', 'show here:img', 'download here:img OUT', 'wait here:img --timeout 1s'];

/** What is ours alone: nobody has a reason to keep it elsewhere. A blob may be a link, by which it is read. */
const ours = ['blobs', 'blobs/sha256', 'imgctl', 'imgctl/tmp', 'imgctl/reserve', 'imgctl/index.lock', `imgctl/index.lock/${holder}`]
  .concat(['index.json', 'oci-layout', 'imgctl/records.tsv', 'imgctl/unsettled']); // prettier-ignore

describe.each(ours)('a link in the place of %s of a store', (name) => {
  it('is neither followed by what changes something, nor replaced, and nothing goes that it leads to', async () => {
    const { store, victim } = planted(name);
    const before = seen(victim);
    for (const line of changes) {
      const { exitCode, stderr } = await run(store, line);
      expect([0, 14], `${line}: ${stderr}`).toContain(exitCode);
      if (exitCode === 14) expect(stderr, line).toContain(`${name.replace(/\/1111.*/, '')} is `);
      expect(lstatSync(path.join(store, name)).isSymbolicLink(), line).toBe(true);
      expect(seen(victim), line).toEqual(before);
    }
  });
});

describe('a FIFO in a store', () => {
  it('is waited for by no verb', async () => {
    for (const [place, name] of namesIn(template)
      .filter((each) => !isFolder(each))
      .entries()) {
      const store = path.join(root, `store-${(count += 1)}`);
      cpSync(template, store, { recursive: true });
      rmSync(path.join(store, name), { force: true });
      execFileSync('mkfifo', [path.join(store, name)]);
      for (const [index, line] of [...looks, ...changes].entries()) {
        if (!hasTurn(index + place, 3)) continue;
        const { exitCode, stderr } = await run(store, line);
        expect([0, 2, 5, 6, 10, 11, 14], `${name}: ${line}: ${stderr}`).toContain(exitCode);
      }
    }
  });
});

describe('a store below a circle of links', () => {
  it('is told by what it is, by looks and changes', async () => {
    const store = path.join(root, 'circle');
    symlinkSync('circle', store);
    for (const line of ['list -p here', 'create here:new']) {
      const { exitCode, stderr } = await run(store, line);
      expect([exitCode, stderr]).toEqual([14, expect.stringContaining('too many symbolic links')]);
    }
  });
});

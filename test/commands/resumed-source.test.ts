import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { disk, useOpenstackCli } from '../clouds/openstack/cli.ts';
import { startFakeServer, type FakeServer } from '../support/fake-server.ts';
import { journalFiles, killedBehind } from '../support/killed-run.ts';

const cli = useOpenstackCli();
const home = (): string => cli.file('');
const only = () => [...cli.cloud().one.store.images.values()][0];

/** What is left of the image at the cloud by a run that was killed before its data was sent. */
function emptied(): void {
  const kept = only();
  if (!kept) throw new Error('nothing was made');
  Object.assign(kept.wire, { status: 'queued', size: null, checksum: null, os_hash_algo: null, os_hash_value: null, stores: '' });
  kept.data = Buffer.alloc(0);
}

/** Changes the text of the journal of a run. */
function rewritten(run: string, change: (text: string) => string): void {
  const file = journalFiles(home()).find((name) => name.includes(run));
  if (file === undefined) throw new Error(`no run ${run}`);
  writeFileSync(file, change(readFileSync(file, 'utf8')));
}

/** A run that was gone on with, as its journal is where that one was killed too. */
const notResumed = (run: string): void => rewritten(run, (text) => text.replace(/.*"kind":"resumed".*\n/, ''));

/** Killed in the middle, and resumed by a run that was killed before it had begun anything. Gives the second one. */
async function killedTwice(...upload: readonly string[]): Promise<string> {
  await cli.ok(upload);
  emptied();
  const first = killedBehind(home(), 'created');
  await cli.ok(['ops', 'resume', first]);
  emptied();
  notResumed(first);
  return killedBehind(home(), 'run');
}

let server: FakeServer;
let headers: Readonly<Record<string, string>>;
beforeEach(async () => {
  headers = { etag: '"1"' };
  server = await startFakeServer(() => ({ status: 200, headers, body: disk() }));
});
afterEach(() => server.stop());

const fromUrl = () => ['upload', `${server.origin}/disk.raw`, '--name', 'demo:web'];
const fromImage = async () => {
  await cli.ok(['upload', cli.write('one.raw', disk()), '--name', 'local:src']);
  return ['copy', 'local:src', 'demo:web'];
};

describe('what a run took that was killed twice', () => {
  it('is what is taken again: another state of a URL is refused', async () => {
    const second = await killedTwice(...fromUrl());
    headers = { etag: '"2"' };
    const run = await cli.run(['ops', 'resume', second]);
    expect([run.exitCode, run.stderr]).toEqual([6, expect.stringContaining('is not what run')]);
    expect(only()?.wire.status).toBe('queued');
    headers = { etag: '"1"' };
    await cli.ok(['ops', 'resume', second]);
    expect(only()?.data.equals(disk())).toBe(true);
  });

  it('is what is taken again: another image of that name is refused', async () => {
    const second = await killedTwice(...(await fromImage()));
    await cli.ok(['delete', 'local:src', '--yes']);
    await cli.ok(['upload', cli.write('two.raw', disk(2)), '--name', 'local:src']);
    const run = await cli.run(['ops', 'resume', second]);
    expect([run.exitCode, run.stderr]).toEqual([6, expect.stringMatching(/local:\S+ is not what run/)]);
  });

  it('is what is taken again: a file that was written since is refused', async () => {
    const second = await killedTwice('upload', cli.write('disk.raw', disk()), '--name', 'demo:web');
    cli.write('disk.raw', disk(2));
    const run = await cli.run(['ops', 'resume', second]);
    expect([run.exitCode, run.stderr]).toEqual([6, expect.stringContaining('disk.raw has changed since')]);
  });
});

describe('a source of which nothing is known by which it could be compared', () => {
  const unchecked = /warning: not checked: nothing tells whether \S+ is what run \S+ took/;

  it('is taken again with a warning: a URL without validators', async () => {
    headers = {};
    await cli.ok(fromUrl());
    emptied();
    expect((await cli.ok(['ops', 'resume', killedBehind(home(), 'created')])).stderr).toMatch(unchecked);
  });

  it.each([
    ['a URL', async () => fromUrl()],
    ['an image', fromImage],
    ['a file', async () => ['upload', cli.write('disk.raw', disk()), '--name', 'demo:web']],
  ])('is taken again with a warning: %s of which the journal says nothing', async (_what, line) => {
    await cli.ok(await line());
    emptied();
    const id = killedBehind(home(), 'created');
    rewritten(id, (text) => text.replace(/"source":\{/, '"nothing":{'));
    expect((await cli.ok(['ops', 'resume', id])).stderr).toMatch(unchecked);
  });
});

it('a content id that was recorded meanwhile makes no other image of it', async () => {
  await cli.ok(await fromImage());
  emptied();
  const id = killedBehind(home(), 'created');
  rewritten(id, (text) => text.replace(/\\"contentId\\":\\"[^"]*\\",/, ''));
  const { stderr } = await cli.ok(['ops', 'resume', id]);
  expect(stderr).not.toContain('not checked');
});

it('files that were typed by a path from a folder that is gone are found', async () => {
  const file = cli.write('disk.raw', disk());
  await cli.ok(['upload', file, '--name', 'demo:disk.raw']);
  emptied();
  const id = killedBehind(home(), 'created');
  rewritten(id, (text) =>
    text
      .replace(`"words":["upload",${JSON.stringify(file)}`, '"words":["upload","../disk.raw"')
      .replace(/"folder":"[^"]*"/, `"folder":${JSON.stringify(cli.file('gone'))}`),
  );
  await cli.ok(['ops', 'resume', id]);
  expect(only()).toMatchObject({ wire: { name: 'disk.raw', status: 'active' } });
});

it('a name that is that of the file too stays what it is', async () => {
  await cli.ok(['upload', cli.write('disk.raw', disk()), '--name', 'disk.raw', '-p', 'demo']);
  emptied();
  const id = killedBehind(home(), 'created');
  cli.cloud().one.store.images.clear();
  await cli.ok(['ops', 'resume', id]);
  expect(only()?.wire.name).toBe('disk.raw');
});

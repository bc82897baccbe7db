import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startLinode, type RunningLinode } from '../clouds/linode/index.ts';
import { startOpenstack, type OpenstackCloud } from '../clouds/openstack/index.ts';
import { commandStage, errorOf, profileVariables } from '../commands/stage.ts';
import { guestDisk, qcow2Image, vmdkStreamImage } from '../support/disk-images.ts';
import type { CliResult } from '../support/run-cli.ts';
import { inTurns } from '../support/sweep.ts';

const stage = commandStage();
const disk = guestDisk(1 << 20, 11);
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
let openstack: OpenstackCloud;
let linode: RunningLinode;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  [openstack, linode] = await Promise.all([startOpenstack(), startLinode({ listsPerMinute: 1_000_000, workMs: 20 })]);
  openstack.two.site.elsewhere = (region, id) => (region === 'RegionOne' ? openstack.one.store.images.get(id)?.data : undefined);
});
beforeEach(() => {
  env = {
    ...profileVariables('here', 'local', { path: stage.file('here') }),
    ...profileVariables('there', 'local', { path: stage.file('there') }),
    ...profileVariables('one', 'openstack', openstack.values),
    ...profileVariables('two', 'openstack', { ...openstack.values, region: 'RegionTwo' }),
    ...profileVariables('alt', 'openstack', { ...openstack.valuesFor('alt'), region: 'RegionTwo' }),
    ...profileVariables('lin', 'linode', linode.values),
  };
});
afterAll(() => Promise.all([openstack.stop(), linode.stop()]));

const images = {
  raw: disk,
  'qcow2, zlib': qcow2Image(disk, { compression: 'zlib' }),
  'vmdk, streamOptimized': vmdkStreamImage(disk),
  'raw.gz': gzipSync(disk),
};
type Shown = {
  readonly id: string;
  readonly diskFormat?: string;
  readonly contentId?: string;
  readonly [field: string]: unknown;
};
const shown = (result: CliResult): Shown => result.json() as Shown;

let count = 0;
/** Uploads an image under a fresh name. */
async function planted(profile: string, bytes: Buffer, ...more: readonly string[]): Promise<string> {
  const name = `image-${(count += 1)}`;
  await stage.ok(['upload', stage.write('seed', bytes), '--name', `${profile}:${name}`, ...more], { env });
  return name;
}

/** The raw disk in an image, wherever it is. */
async function diskAt(profile: string, id: string): Promise<Buffer> {
  if (profile === 'lin') return gunzipSync(linode.account.received.get(id) ?? Buffer.alloc(0));
  const file = stage.file(`back-${(count += 1)}.raw`);
  await stage.ok(['download', `${profile}:${id}`, file, '--disk-format', 'raw'], { env });
  return readFileSync(file);
}

const forget = (): void => [openstack, linode].forEach((cloud) => cloud.forget());

/** Bytes of all bodies that the clouds were sent. */
const sentBytes = (): number =>
  [...openstack.requests(), ...linode.requests()]
    .filter(({ method }) => method === 'PUT')
    .reduce((sum, { bodyBytes }) => sum + bodyBytes, 0);

describe.each(Object.entries(images))('a copy of %s', (kind, bytes) => {
  const pairs = ['here', 'one'].flatMap((from) => ['there', 'two', 'one', 'alt', 'lin'].map((to) => [from, to] as const));
  it.each(inTurns(pairs, 5, Object.keys(images).indexOf(kind)))('from %s to %s has the same disk', async (from, to) => {
    const name = await planted(from, bytes);
    const copied = shown(
      await stage.ok(['copy', `${from}:${name}`, `${to}:copy-of-${name}`, '--poll-interval', '20ms', '-o', 'json'], { env }),
    );
    expect(copied).toMatchObject({ profile: to, name: `copy-of-${name}`, status: 'active' });
    expect(sha256(await diskAt(to, copied.id)), kind).toBe(sha256(disk));
  });
});

describe('the record', () => {
  it('goes along as far as the target keeps it, and the same disk keeps its content id', async () => {
    const name = await planted(
      'here',
      images['qcow2, zlib'],
      '--description',
      'd',
      '--tag',
      'x',
      '--tag',
      'blessed',
      '--property',
      'os_distro=debian',
      '--min-disk',
      '2GiB',
      '--min-ram',
      '1GiB',
    );
    const there = shown(await stage.ok(['show', `here:${name}`, '-o', 'json'], { env }));
    for (const to of ['there', 'one']) {
      const copied = shown(await stage.ok(['copy', `here:${name}`, `${to}:${name}-r`, '-o', 'json'], { env }));
      expect(copied).toMatchObject({
        description: 'd',
        tags: expect.arrayContaining(['x', 'blessed']),
        minDiskBytes: 2 ** 31,
        minRamBytes: 2 ** 30,
        diskFormat: 'qcow2',
        contentId: there.contentId,
      });
      expect(copied.properties).toMatchObject({ os_distro: 'debian' });
    }
    const sent = shown(await stage.ok(['copy', `here:${name}`, 'lin', '--poll-interval', '20ms', '-o', 'json'], { env }));
    expect(sent).toMatchObject({ description: 'd', tags: ['blessed'], status: 'active' });
  });

  it('is seen by others only once it is whole', async () => {
    const name = await planted('here', disk, '--visibility', 'community');
    forget();
    const copied = shown(await stage.ok(['copy', `here:${name}`, 'one', '-o', 'json'], { env }));
    expect(copied.visibility).toBe('community');
    const requests = openstack.requests().map(({ method, body }) => `${method} ${body}`);
    const opened = requests.findIndex((line) => line.startsWith('PATCH') && line.includes('"community"'));
    const data = requests.findIndex((line) => line.startsWith('PUT'));
    expect([data >= 0, opened > data]).toEqual([true, true]);
    expect(requests.slice(0, data).join()).not.toContain('community');
  });
});

describe('the route', () => {
  it('is a pull between regions of one cloud: nothing goes through here', async () => {
    const name = await planted('one', images['qcow2, zlib'], '--tag', 'x');
    forget();
    const result = await stage.ok(['copy', `one:${name}`, 'two', '--poll-interval', '20ms', '-o', 'yaml'], { env });
    expect(result.stderr).toContain('route: pull (the target fetches the data');
    expect([sentBytes(), result.stdout.includes('- x')]).toEqual([0, true]);
    const planned = await stage.ok(['copy', `one:${name}`, 'two:n', '-n', '-o', 'json'], { env });
    expect(planned.json()).toMatchObject({ steps: ['the target fetches the data', 'verify'] });
  });

  it('of a pull says what the provider is doing: its state, the time so far and the limit', async () => {
    const name = await planted('one', disk);
    const result = await stage.ok(
      ['copy', `one:${name}`, 'two', '--poll-interval', '20ms', '-o', 'json', '--progress', 'json', '--wait-timeout', '5m'],
      { env },
    );
    const events = result.stderr.split('\n').filter((line) => line.includes('"step":"fetch"'));
    expect(events.join('\n')).toMatch(/"message":"\w[^"]*, \d+ s of 5 min"/);
    expect(result.json()).not.toHaveProperty('progress');
  });

  it.each<[string, readonly string[], string]>([
    ['within one region', ['one:$', 'one:$-2'], 'source and target are the same region'],
    ['to another project', ['one:$', 'alt'], 'the target cannot fetch from that cloud or project'],
    ['where it is asked for', ['one:$', 'two', '--relay'], 'route: relay ('],
    ['where it is converted', ['one:$', 'two', '--disk-format', 'raw'], 'route: relay ('],
  ])('is a relay %s', async (_why, words, says) => {
    const name = await planted('one', images['qcow2, zlib']);
    forget();
    const result = await stage.ok(
      ['copy', ...words.map((word) => word.replace('$', name)), '--poll-interval', '20ms', '-o', 'id'],
      { env },
    );
    expect(result.stderr).toContain(says);
    expect(sentBytes()).toBeGreaterThan(0);
  });

  it('is a relay where the site offers no such import', async () => {
    const name = await planted('one', disk);
    const { methods } = openstack.two.site;
    openstack.two.site.methods = ['web-download'];
    const result = await stage.ok(['copy', `one:${name}`, 'two', '-o', 'id'], { env });
    openstack.two.site.methods = methods;
    expect(result.stderr).toContain('relaying through this machine: this site does not offer');
  });

  it('of data that arrives damaged leads nowhere', async () => {
    const name = await planted('one', disk);
    const { elsewhere } = openstack.two.site;
    openstack.two.site.elsewhere = () => Buffer.alloc(disk.length, 1);
    const result = await stage.run(['copy', `one:${name}`, 'two', '--poll-interval', '20ms', '-o', 'json'], { env });
    if (elsewhere) openstack.two.site.elsewhere = elsewhere;
    expect([result.exitCode, errorOf(result).code]).toEqual([11, 'INTEGRITY']);
    expect((await stage.ok(['list', '-p', 'two', '--name', name, '-o', 'json'], { env })).json()).toEqual([]);
  });
});

describe('what is there already', () => {
  it.each(['there', 'one'])('is copied to %s once: the second time no byte moves', async (to) => {
    const name = await planted('here', images['qcow2, zlib']);
    const first = shown(await stage.ok(['copy', `here:${name}`, to, '-o', 'json'], { env }));
    forget();
    const second = await stage.ok(['copy', `here:${name}`, to, '--if-exists', 'skip', '-o', 'json'], { env });
    expect([shown(second).id, sentBytes()]).toEqual([first.id, 0]);
    expect(openstack.requests().filter(({ method, path }) => method !== 'GET' && !path.endsWith('/auth/tokens'))).toEqual([]);
  });

  it('is found by its digest where no content id was kept, from the other side too', async () => {
    const name = await planted('one', disk);
    const [id = ''] = await openstack.seed([{ name: `${name}-seed`, data: disk }]);
    const copied = shown(await stage.ok(['copy', `one:${id}`, 'two', '--relay', '-o', 'json'], { env }));
    forget();
    const again = await stage.ok(['copy', `one:${id}`, 'two', '--if-exists', 'skip', '-o', 'json'], { env });
    // One byte tells whether the data is there.
    const asked = openstack
      .requests()
      .filter(({ path, headers }) => path.endsWith('/file') && !/^bytes=(\d+)-\1$/.test(headers.range ?? ''));
    expect([shown(again).id, asked]).toEqual([copied.id, []]);
  });

  it.each(Object.entries(images))('is uploaded once: the second time no byte of %s moves', async (_kind, bytes) => {
    const name = await planted('one', bytes);
    forget();
    const again = await stage.ok(
      ['upload', stage.write('again', bytes), '--name', `one:${name}`, '--if-exists', 'skip', '-o', 'json'],
      { env },
    );
    expect([shown(again).name, sentBytes()]).toEqual([name, 0]);
    const other = await stage.run(
      ['upload', stage.write('other', guestDisk(1 << 20, 12)), '--name', `one:${name}`, '--if-exists', 'skip'],
      { env },
    );
    expect([other.exitCode, sentBytes()]).toEqual([6, 0]);
  });
});

describe('a connection that breaks', () => {
  const isData = (request: { method: string; path: string }): boolean =>
    request.method === 'GET' && request.path.endsWith('/file');

  it('while the source is read is gone on with: nothing is sent twice', async () => {
    const name = await planted('one', guestDisk(3 << 20, 13));
    openstack.fail({ kind: 'truncate', on: (request) => isData(request), times: 1 });
    forget();
    const result = await stage.ok(['copy', `one:${name}`, 'there', '-o', 'json'], { env });
    expect(result.stderr).not.toContain('send again');
    expect(sha256(await diskAt('there', shown(result).id))).toBe(sha256(guestDisk(3 << 20, 13)));
  });

  it('while a file is sent is begun anew; what comes from a pipe cannot be, and says so', async () => {
    const drop = () => openstack.fail({ kind: 'drop', on: ({ method }) => method === 'PUT', times: 1 });
    drop();
    const name = `again-${(count += 1)}`;
    const result = await stage.ok(['upload', stage.write('disk', disk), '--name', `one:${name}`, '-o', 'json'], { env });
    expect(shown(result)).toMatchObject({ status: 'active', sizeBytes: disk.length });
    expect((await stage.ok(['list', '-p', 'one', '--name', name, '-o', 'json'], { env })).json()).toHaveLength(1);
    drop();
    const piped = await stage.run(['upload', '-', '--name', `one:${name}-p`, '--json'], { env, stdin: disk });
    expect([piped.exitCode, errorOf(piped).message]).toEqual([9, expect.stringContaining('the source can be read only once')]);
    expect((await stage.ok(['list', '-p', 'one', '--name', `${name}-p`, '-o', 'json'], { env })).json()).toEqual([]);
  });
});

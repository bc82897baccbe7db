import { existsSync, readdirSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { startSimplestreams } from '../clouds/simplestreams/index.ts';
import { startSignedStreams, type SignedStreams } from '../support/signed-streams.ts';
import { publishedTree } from './published-tree.ts';
import { commandStage, errorOf, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();
const { tree, publish, published, stateOfTree } = publishedTree(stage);
const servers: SignedStreams[] = [];
afterEach(async () => void (await Promise.all(servers.splice(0).map((server) => server.stop()))));

describe('publish --arch', () => {
  const withArch = (...more: readonly string[]) => stage.run(['publish', 'simplestreams', tree(), ...more]);

  it('is what an image that does not say is taken for', async () => {
    await stage.image('web');
    const { stderr } = await stage.ok(['publish', 'simplestreams', tree(), '--arch', 'aarch64']);
    expect(stderr).toContain('assuming arm64');
    expect(readdirSync(tree('images/web'))).toEqual(['arm64']);
  });

  it('has to be known', async () => {
    await stage.image('web');
    for (const word of ['bogus', 'amd46', '../x', 'constructor']) {
      const { exitCode, stderr } = await withArch('--arch', word);
      expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/unknown architecture.*\n.*amd64, arm64, .*riscv64/)]);
    }
    expect(existsSync(tree())).toBe(false);
  });

  it('makes nothing else of an image that says another: one that is named is refused, of others it is said', async () => {
    await stage.image('web', '--architecture', 'x86_64');
    const refused = await withArch('web', '--arch', 'arm64');
    expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining('web is for x86_64')]);
    expect(existsSync(tree())).toBe(false);
    const { stderr } = await stage.ok(['publish', 'simplestreams', tree(), '--arch', 'arm64']);
    expect(stderr).toMatch(/warning: --arch arm64 .* web \(x86_64\)/);
    expect(readdirSync(tree('images/web'))).toEqual(['amd64']);
    expect((await stage.ok(['publish', 'simplestreams', tree(), 'web', '--arch', 'x86-64'])).stderr).not.toContain('warning');
  });

  it('once given is kept in the runs that follow', async () => {
    await stage.image('web');
    const [first] = await published('--arch', 'arm64');
    expect(await published()).toMatchObject([{ result: 'already there', product: 'web:arm64', serial: first?.serial }]);
    expect((await stage.ok(['publish', 'simplestreams', tree()])).stderr).not.toContain('assuming');
    const other = stage.write('other.raw', smallDisk(5));
    await stage.ok(['upload', other, '--name', 'web', '--if-exists', 'replace', '--yes']);
    expect(await published()).toMatchObject([{ result: 'published', product: 'web:arm64' }]);
  });

  it('given by one image says nothing of another of its name that does not say', async () => {
    await stage.image('web', '--architecture', 'aarch64');
    await published();
    await stage.ok(['upload', stage.write('other.raw', smallDisk(5)), '--name', 'web', '--if-exists', 'replace', '--yes']);
    expect(await published()).toMatchObject([{ result: 'published', product: 'web:amd64' }]);
  });

  it('never makes a second product of one disk', async () => {
    await stage.image('web');
    await published();
    const before = stateOfTree();
    const refused = await publish('--arch', 'arm64');
    expect([refused.exitCode, errorOf(refused)]).toMatchObject([6, { message: expect.stringContaining('web:amd64') as string }]);
    expect((await publish('--arch', 'arm64', '--dry-run')).exitCode).toBe(6);
    expect(stateOfTree()).toEqual(before);
    const [image] = await stage.names();
    await stage.ok(['patch', image ?? '', '--architecture', 'aarch64']);
    const { stderr } = await stage.ok(['publish', 'simplestreams', tree()]);
    expect(stderr).toMatch(/warning: .*web:amd64/);
    expect(readdirSync(tree('images/web')).sort()).toEqual(['amd64', 'arm64']);
  });

  it('of a publisher says which image is meant, too', async () => {
    const [amd, arm] = [smallDisk(), smallDisk(3)];
    const streams = await startSignedStreams([
      { arch: 'amd64', serial: '20260102', data: amd },
      { arch: 'arm64', serial: '20260102', data: arm },
    ]);
    servers.push(streams);
    const env = streams.env('ubuntu');
    for (const [arch, ...more] of [['amd64'], ['arm64', '--arch', 'arm64']]) {
      const { json } = await stage.ok(['publish', 'simplestreams', tree(), 'ubuntu:noble', ...more, '-o', 'json'], { env });
      expect(json()).toMatchObject([{ product: expect.stringMatching(`:${arch}$`) as string, serial: '20260102' }]);
    }
    const other = await stage.run(['publish', 'simplestreams', tree(), 'ubuntu:noble/arm64', '--arch', 'amd64'], { env });
    expect([other.exitCode, other.stderr]).toEqual([2, expect.stringContaining('is for aarch64')]);
  });
});

describe('what is published of a publisher', () => {
  const item = (ftype: string) => ({ ftype, path: `files/${ftype}`, size: 7, sha256: '7'.repeat(64) });
  const version = (pubname: string, ...ftypes: readonly string[]) => ({
    pubname,
    items: Object.fromEntries(ftypes.map((ftype) => [ftype, item(ftype)])),
  });
  const product = (more: object) => ({ arch: 'amd64', os: 'ubuntu', supported: true, ...more });
  const products = {
    'c:24.04:amd64': product({
      aliases: 'noble',
      versions: { '20260101': version('noble-1', 'disk1.img'), '20260102': version('noble-2', 'disk1.img', 'vmdk') },
    }),
    'c:24.04:arm64': product({ arch: 'arm64', aliases: 'noble', versions: { '20260102': version('noble-arm', 'disk1.img') } }),
    'c:22.04:amd64': product({ supported: false, aliases: 'jammy', versions: { '20260101': version('jammy-1', 'disk1.img') } }),
  };
  const everything = ['jammy-1', 'noble-1', 'noble-2', 'noble-2-vmdk', 'noble-arm'];

  it.each<readonly [readonly string[], readonly string[]]>([
    [['u:*'], ['noble-2']],
    [['-p', 'u'], ['noble-2']],
    [['u:noble-*'], ['noble-2']],
    [['u:noble', 'u:*'], ['noble-2']],
    [['u:jammy'], ['jammy-1']],
    [['u:*', '--arch', 'arm64'], ['noble-arm']],
    [['u:*', '--all'], everything],
    [['u:*', '--hidden'], everything],
    [['-p', 'u', '--all'], everything],
    [
      ['u:*[12]', '--all'],
      ['jammy-1', 'noble-1', 'noble-2'],
    ],
  ])('with %j is what list shows: %j', async (words, names) => {
    const cloud = await startSimplestreams();
    try {
      Object.assign(cloud.products.products as object, products);
      const env = profileVariables('u', 'simplestreams', { ...cloud.values, verify: 'checksum' });
      const planned = await stage.ok(['publish', 'simplestreams', tree(), ...words, '--dry-run', '-o', 'json'], { env });
      expect([planned.json()].flat().map((row) => (row as { name: string }).name)).toEqual(expect.arrayContaining([...names]));
      expect([planned.json()].flat()).toHaveLength(names.length);
    } finally {
      await cloud.stop();
    }
  });
});

it('publishes images that are hidden, and those of others, where that is asked for', async () => {
  for (const name of ['web', 'web-hidden']) await stage.image(name);
  await stage.ok(['patch', 'web-hidden', '--hide']);
  const names = async (...more: readonly string[]): Promise<readonly string[]> =>
    [(await publish('--dry-run', ...more)).json()].flat().map((row) => (row as { name: string }).name);
  expect(await names()).toEqual(['web']);
  expect(await names('web*')).toEqual(['web']);
  expect(await names('--hidden')).toEqual(['web', 'web-hidden']);
  expect(await names('--hidden', 'web-*')).toEqual(['web-hidden']);
  expect(await names('web-hidden')).toEqual(['web-hidden']);
});

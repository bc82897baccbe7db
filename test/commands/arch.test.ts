import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { archOption } from '../../src/cli/options/arch.ts';
import { commands } from '../../src/cli/commands/index.ts';
import { driverList } from '../../src/engine/driver-list.ts';
import { startOpenstack, type OpenstackCloud } from '../clouds/openstack/index.ts';
import { startSignedStreams, type SignedStreams } from '../support/signed-streams.ts';
import { commandStage, errorOf, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();
const [amd, arm] = [smallDisk(), smallDisk(3)];
let server: SignedStreams;
beforeEach(async () => {
  server = await startSignedStreams([
    { arch: 'amd64', serial: '20260102', data: amd },
    { arch: 'arm64', serial: '20260102', data: arm },
    { arch: 'arm64', serial: '20260101', data: arm },
  ]);
});
afterEach(() => server.stop());
const ok = (...args: readonly string[]) => stage.ok(args, { env: server.env('ubuntu') });
const ids = (listed: { readonly stdout: string }): readonly string[] =>
  listed.stdout.split(/\r?\n/).filter((line) => line !== '');
const id = (arch: string, serial = '20260102'): string => `com.example:server:24.04:${arch}/${serial}/disk1.img`;

const typed: Readonly<Record<string, (image: string, out: string) => readonly string[]>> = {
  show: (image) => ['show', image, '-o', 'id'],
  download: (image, out) => ['download', image, out],
  copy: (image) => ['copy', image, 'local:copied'],
  wait: (image) => ['wait', image, '-o', 'id'],
  resolve: (image) => ['resolve', image],
};
const spellings = ['arm64', 'aarch64', 'AArch64', 'ARM64'];

describe('--arch', () => {
  it('is an option of all that read images by name, and of lists', async () => {
    const each = await Promise.all(commands.map(async (entry) => ({ path: entry.path, command: await entry.load() })));
    const having = each.filter(({ command }) => command.options.arch === archOption).map(({ path }) => path);
    expect(having.sort()).toEqual(['list', 'policy check', ...Object.keys(typed)].sort());
  });

  it.each(spellings)('%s says which of a publisher’s images is meant', async (arch) => {
    for (const verb of ['show', 'wait', 'resolve'])
      expect(ids(await ok(...(typed[verb]?.('ubuntu:noble', '') ?? []), '--arch', arch)), verb).toEqual([id('arm64')]);
    await ok('download', 'ubuntu:noble', stage.file('down.img'), '--arch', arch);
    expect(stage.read('down.img').equals(arm)).toBe(true);
    const copied = (await ok('copy', 'ubuntu:noble', 'local:copied', '--arch', arch, '-o', 'json')).json();
    expect(copied).toMatchObject({ architecture: 'aarch64' });
    expect(ids(await ok('list', 'ubuntu:', '--arch', arch, '-o', 'id'))).toEqual([id('arm64')]);
    expect(ids(await ok('list', 'ubuntu:', '--all', '--arch', arch, '-o', 'id')).toSorted()).toEqual([
      id('arm64', '20260101'),
      id('arm64'),
    ]);
  });

  it.each(['amd64', 'x86_64', 'x86-64'])('%s is what is meant without it, and wins over the profile', async (arch) => {
    const settled = { env: { ...server.env('ubuntu'), IMGCTL_PROFILE_UBUNTU_ARCH: 'arm64' } };
    expect(ids(await ok('resolve', 'ubuntu:noble'))).toEqual([id('amd64')]);
    expect(ids(await stage.ok(['resolve', 'ubuntu:noble'], settled))).toEqual([id('arm64')]);
    expect(ids(await stage.ok(['resolve', 'ubuntu:noble', '--arch', arch], settled))).toEqual([id('amd64')]);
  });

  describe('of what is no publisher', () => {
    let cloud: OpenstackCloud;
    beforeEach(async () => {
      cloud = await startOpenstack();
    });
    afterEach(() => cloud.stop());

    it.each(spellings)('narrows a list, here or there: %s', async (arch) => {
      await cloud.seed([{ name: 'web' }, { name: 'arm' }]);
      for (const [index, { wire }] of [...cloud.one.store.images.values()].entries())
        wire.architecture = index === 0 ? 'x86_64' : 'aarch64';
      const env = profileVariables('os', 'openstack', cloud.values);
      await stage.image('local-web');
      const listed = await stage.ok(['list', '-p', 'os', '--arch', arch, '-o', 'csv', '-c', 'name', '--no-header'], { env });
      expect(ids(listed)).toEqual(['arm']);
      const both = await stage.ok(['list', '-A', '--arch', 'amd64', '-o', 'csv', '-c', 'name', '--no-header'], { env });
      expect(ids(both)).toEqual(['web']);
    });
  });

  it.each(Object.keys(typed))('is refused by %s where a name means one image, before anything is asked', async (verb) => {
    const others: string[] = [];
    for (const name of driverList.names)
      if (!Object.hasOwn((await driverList.load(name))?.profile ?? {}, 'arch')) others.push(name);
    expect(others.length).toBeGreaterThan(4);
    for (const provider of others) {
      // Nothing else is set: whatever would be asked of it first is not.
      const env = { [`IMGCTL_PROFILE_THERE_PROVIDER`]: provider };
      const line = typed[verb]?.('there:web', stage.file('out')) ?? [];
      const refused = await stage.run([...line, '--arch', 'arm64', '-o', 'json'], { env });
      expect([refused.exitCode, refused.stdout], provider).toEqual([2, '']);
      expect(errorOf(refused)).toMatchObject({ hint: 'Omit --arch.', profile: 'there' });
    }
  });

  it.each(['bogus', 'arm64,amd64', 'arm64 amd64', '', 'any', '*'])(
    'is refused by every command that has it where it is no architecture: %j',
    async (word) => {
      for (const line of [
        ['list', 'ubuntu:'],
        ['list'],
        ...Object.values(typed).map((one) => one('ubuntu:noble', stage.file('out'))),
      ]) {
        const args = line.filter((arg, index) => !(arg === '-o' || line[index - 1] === '-o'));
        const refused = await stage.run([...args, '--arch', word, '--json'], { env: server.env('ubuntu') });
        expect([refused.exitCode, refused.stdout], `${args.join(' ')} ${refused.stderr}`).toEqual([2, '']);
        if (word !== '') expect(errorOf(refused).hint).toMatch(/Use one of amd64, arm(?:, |64).*s390x/);
      }
      expect(server.requests()).toEqual([]);
    },
  );

  it('is refused where a variable of a publisher, or a profile, says one that is none', async () => {
    for (const args of [
      ['list', 'ubuntu:'],
      ['show', 'ubuntu:noble'],
      ['download', 'ubuntu:noble', stage.file('out')],
    ]) {
      const env = { ...server.env('ubuntu'), IMGCTL_PROFILE_UBUNTU_ARCH: 'bogus' };
      const refused = await stage.run([...args, '--json'], { env });
      expect([refused.exitCode, refused.stdout], refused.stderr).toEqual([3, '']);
      expect(errorOf(refused).message).toContain('ubuntu: arch: unknown architecture: bogus');
    }
    expect(server.requests()).toEqual([]);
  });

  it('that contradicts what was named is refused, and nothing comes of it', async () => {
    const contradicting: readonly (readonly [string, string])[] = [
      ['ubuntu:noble/arm64', 'amd64'],
      ['ubuntu:noble/amd64', 'aarch64'],
      [`ubuntu:${id('arm64')}`, 'amd64'],
      ['ubuntu:noble-arm64-20260102', 'amd64'],
    ];
    for (const [image, arch] of contradicting)
      for (const [verb, line] of Object.entries(typed)) {
        const args = line(image, stage.file('out.img')).filter((arg, index, all) => arg !== '-o' && all[index - 1] !== '-o');
        const refused = await stage.run([...args, '--arch', arch, '--json'], { env: server.env('ubuntu') });
        expect([refused.exitCode, refused.stdout], `${verb} ${image}`).toEqual([2, '']);
        expect(errorOf(refused).message).toContain('is for');
      }
    expect(await stage.names()).toEqual([]);
    expect(ids(await ok('resolve', 'ubuntu:noble/arm64', '--arch', 'arm64'))).toEqual([id('arm64')]);
    expect(ids(await ok('resolve', 'ubuntu:noble-*-20260102', '--arch', 'arm64'))).toEqual([id('arm64')]);
  });

  it('a slip is exit 2 with the word that was meant', async () => {
    for (const [slip, meant] of [
      ['amd46', 'amd64'],
      ['arm46', 'arm64'],
      ['x86_46', 'x86_64'],
    ] as const) {
      const refused = await stage.run(['list', 'ubuntu:', '--arch', slip, '--json']);
      expect(refused.exitCode, slip).toBe(2);
      expect(errorOf(refused).hint, slip).toContain(meant);
    }
  });
});

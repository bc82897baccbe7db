import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startOpenstack, type OpenstackCloud } from '../clouds/openstack/index.ts';
import { commandStage, errorOf, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();

describe('sizes whose unit people leave out', () => {
  let cloud: OpenstackCloud;
  let env: Readonly<Record<string, string>>;
  beforeEach(async () => {
    cloud = await startOpenstack();
    env = profileVariables('os', 'openstack', cloud.valuesFor('demo'));
  });
  afterEach(() => cloud.stop());
  const run = (args: readonly string[]) => stage.run(args, { env });

  const lines: Readonly<Record<string, (profile: string) => readonly string[]>> = {
    create: (profile) => ['create', `${profile}:new`],
    upload: (profile) => ['upload', 'seed.raw', '--name', `${profile}:new`],
    import: (profile) => ['import', `${profile}:new`, '--url', 'https://example.org/x.raw'],
    patch: (profile) => ['patch', `${profile}:a`, `${profile}:b`],
    copy: (profile) => ['copy', 'local:a', `${profile}:new`],
  };
  const bare = [
    ['--min-disk', '20', '--min-disk 20: 20 bytes or 20 GiB?'],
    ['--min-ram', '512', '--min-ram 512: 512 bytes or 512 MiB?'],
    ['--min-disk', '1.5', '--min-disk 1.5: 1.5 bytes or 1.5 GiB?'],
  ] as const;
  const table = Object.keys(lines).flatMap((verb) =>
    ['local', 'os'].flatMap((profile) => bare.map((row) => [verb, profile, ...row] as const)),
  );

  it.each(table)('%s at %s refuses %s %s, and asks nothing', async (verb, profile, option, number, message) => {
    const refused = await run([...(lines[verb]?.(profile) ?? []), option, number, '--json']);
    expect([refused.exitCode, refused.stdout]).toEqual([2, '']);
    expect(errorOf(refused)).toMatchObject({
      message,
      hint: expect.stringContaining(`Say ${number}${option === '--min-disk' ? 'GiB' : 'MiB'}`) as string,
    });
    expect(cloud.requests()).toEqual([]);
    expect(await stage.names()).toEqual([]);
  });

  it.each([
    ['20GiB', 20 * 1024 ** 3],
    ['20G', 20 * 1024 ** 3],
    ['1024MiB', 1024 ** 3],
    ['1073741824B', 1024 ** 3],
    ['0', 0],
  ])('takes %s', async (size, bytes) => {
    for (const profile of ['local', 'os']) {
      const made = await run(['create', `${profile}:web`, '--min-disk', size, '-o', 'json']);
      expect((made.json() as { minDiskBytes?: number }).minDiskBytes ?? 0, profile + made.stderr).toBe(bytes);
      expect(made.stderr).not.toContain('rounded');
    }
  });

  it('says what a provider has rounded up, whatever the verb', async () => {
    const said = 'min disk: 2 GiB, rounded up from 1500 MiB';
    const file = stage.write('seed.raw', smallDisk());
    const sizes = ['--min-disk', '1500MiB', '--min-ram', '1536KiB'];
    await stage.image('a');
    for (const line of [
      ['create', 'os:made'],
      ['patch', 'os:made'],
      ['upload', file, '--name', 'os:sent'],
      ['copy', 'local:a', 'os:copied'],
    ]) {
      const done = await run([...line, ...sizes]);
      expect(done.exitCode, done.stderr).toBe(0);
      expect(done.stderr, line.join(' ')).toContain(said);
      expect(done.stderr).toContain('min ram: 2 MiB, rounded up from 1536 KiB');
    }
    expect((await run(['create', 'local:exact', ...sizes])).stderr).not.toContain('rounded');
  });

  it('a chunk size says its unit too', async () => {
    const env = profileVariables('reg', 'oci', { registry: '127.0.0.1:1', repository: 'x', plainHttp: 'true', chunkSize: '16' });
    const refused = await stage.run(['list', '-p', 'reg', '--json'], { env });
    expect([refused.exitCode, errorOf(refused).message]).toEqual([2, 'chunkSize 16: 16 bytes or 16 MiB?']);
  });

  it('filters and the limit of bandwidth count bytes, and help says so', async () => {
    await stage.image('a');
    expect((await stage.ok(['list', '-p', 'local', '--min-size', '20', '--bwlimit', '1000000', '-o', 'id'])).stdout).not.toBe('');
    for (const [args, option] of [
      [['list', '--help'], '--min-size'],
      [['list', '--help'], '--max-size'],
      [['help', 'options'], '--bwlimit'],
    ] as const) {
      const { stdout } = await stage.run(args);
      expect(stdout.slice(stdout.indexOf(option)).split('\n').slice(0, 2).join(' '), option).toContain('bytes');
    }
  });
});

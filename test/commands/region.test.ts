import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startLinode, type RunningLinode } from '../clouds/linode/index.ts';
import { startOci, type OciCloud } from '../clouds/oci/index.ts';
import { startOpenstack, type OpenstackCloud } from '../clouds/openstack/index.ts';
import { rancherCloud } from '../clouds/rancher/index.ts';
import { commandStage, errorOf, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();

describe('--region', () => {
  let clouds: {
    os: OpenstackCloud;
    lin: RunningLinode;
    reg: OciCloud;
    cow: Awaited<ReturnType<ReturnType<typeof rancherCloud>['start']>>;
  };
  let env: Readonly<Record<string, string>>;
  beforeEach(async () => {
    clouds = {
      os: await startOpenstack(),
      lin: await startLinode({ listsPerMinute: 1000, workMs: 5 }),
      reg: await startOci(),
      cow: await rancherCloud().start(),
    };
    env = {
      ...profileVariables('os', 'openstack', clouds.os.values),
      ...profileVariables('lin', 'linode', clouds.lin.values),
      ...profileVariables('reg', 'oci', { ...clouds.reg.values, plainHttp: 'true' }),
      ...profileVariables('cow', 'rancher', clouds.cow.values),
    };
  });
  afterEach(async () => {
    for (const cloud of Object.values(clouds)) await cloud.stop();
  });
  const run = (...args: string[]) => stage.run(args, { env });

  it('of a copy is the place of the new image, and nothing at the source', async () => {
    await clouds.os.seed([{ name: 'web', data: smallDisk() }]);
    await stage.image('disk');
    for (const from of ['os:web', 'local:disk']) {
      const copied = await run('copy', from, 'lin:new', '--region', 'us-iad', '--if-exists', 'rename');
      expect(copied.exitCode, copied.stderr).toBe(0);
    }
    const uploads = clouds.lin.requests().filter(({ method, path }) => method === 'POST' && path.endsWith('/images/upload'));
    expect(uploads.map(({ body }) => (JSON.parse(body) as { region: string }).region)).toEqual(['us-iad', 'us-iad']);
    const within = await run('copy', 'os:web', 'os:web-2', '--region', 'RegionTwo', '--relay');
    expect(within.exitCode, within.stderr).toBe(0);
    expect([...clouds.os.two.store.images.values()].map(({ wire }) => wire.name)).toEqual(['web-2']);
  });

  it('stands in every command that leads on, and so does the profile that was typed', async () => {
    const lines: readonly (readonly [line: string, told: string])[] = [
      ['show os:nothing --region RegionTwo', 'imgctl list -p os --region RegionTwo'],
      ['show nothing -p os --region RegionTwo', 'imgctl list -p os --region RegionTwo'],
      ['show os:web-* --region RegionTwo', "imgctl list 'web-*' -p os --region RegionTwo"],
      ['create os:more --disk-format raw --region RegionTwo', 'imgctl upload FILE --into os:'],
      ['upload seed.raw web -p os --region RegionTwo', 'imgctl upload seed.raw --name web -p os --region RegionTwo'],
      ['share web them -p os --region RegionTwo', 'imgctl share web --with them -p os --region RegionTwo'],
      ['unshare web -p os --region RegionTwo', 'imgctl share web -p os --region RegionTwo'],
      ['replicate web -p os --region RegionTwo', 'imgctl places -p os --region RegionTwo'],
      ['replicate web -p os --exactly , --region RegionTwo', 'imgctl delete web -p os --region RegionTwo'],
      ['prune -p os --keep 0 --region RegionTwo', 'imgctl delete IMAGE -p os --region RegionTwo'],
      ['delete os:held --yes --region RegionTwo', 'imgctl patch os:'],
      ['create lin:web --region us-iad', 'imgctl upload FILE --name lin:NAME --region us-iad'],
      ['replicate lin:disk --to mars --region us-iad', 'imgctl places -p lin --region us-iad'],
    ];
    stage.write('seed.raw', smallDisk());
    const held = await run('create', 'os:held', '--disk-format', 'raw', '--protect', '--region', 'RegionTwo', '--quiet');
    expect(held.exitCode, held.stderr).toBe(0);
    const sent = await run('upload', stage.file('seed.raw'), '--name', 'lin:disk', '--region', 'us-iad', '--quiet');
    expect(sent.exitCode, sent.stderr).toBe(0);
    // That each of them has the region, `stage.run` looks at.
    for (const [line, told] of lines) expect((await run(...line.split(' '))).stderr, line).toContain(told);
  });

  const without: readonly string[] = ['local', 'reg', 'cow'];
  const lines = (profile: string): readonly (readonly string[])[] => [
    ['list', '-p', profile],
    ['show', `${profile}:web`],
    ['create', `${profile}:web`],
    ['patch', `${profile}:web`, '--description', 'x'],
    ['delete', `${profile}:web`, '--yes'],
    ['profile', 'check', profile],
    ...(profile === 'cow'
      ? []
      : [
          ['upload', 'seed.raw', '--name', `${profile}:web`],
          ['copy', 'os:web', `${profile}:web`],
          ['download', `${profile}:web`, 'f'],
        ]),
  ];
  it.each(without)('is refused at %s by every verb, before anything is asked', async (profile) => {
    for (const line of lines(profile)) {
      const refused = await run(...line, '--region', 'mars', '--json');
      expect([refused.exitCode, refused.stdout], line.join(' ')).toEqual([7, '']);
      expect(errorOf(refused)).toMatchObject({
        message: expect.stringMatching(/ has no regions$/) as string,
        hint: 'Omit --region.',
      });
    }
    for (const cloud of Object.values(clouds)) expect(cloud.requests()).toEqual([]);
    expect(await stage.names()).toEqual([]);
  });

  it('of several profiles is asked of those that have regions, and the others are named', async () => {
    await clouds.os.seed([{ name: 'web' }]);
    const listed = await run(
      'list',
      '-p',
      'os',
      '-p',
      'reg',
      '-p',
      'cow',
      '-p',
      'local',
      '--region',
      'RegionOne',
      '-o',
      'csv',
      '-c',
      'name',
    );
    expect(listed.exitCode, listed.stderr).toBe(0);
    expect(listed.stdout).toContain('web');
    expect(listed.stderr).toContain('skipped, since they have no regions: reg, cow, local');
    const every = await run('list', '-A', '--region', 'RegionOne', '-o', 'id');
    expect(every.exitCode, every.stderr).toBe(0);
    expect((await run('list', '-p', 'reg', '-p', 'local', '--region', 'RegionOne')).exitCode).not.toBe(0);
    expect((await run('list', '-p', 'os', '--region', 'RegionOne')).exitCode).toBe(0);
  });
});

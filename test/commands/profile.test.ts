import { existsSync, mkdirSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { startLinode } from '../clouds/linode/index.ts';
import { rancherCloud } from '../clouds/rancher/index.ts';
import type { Driver } from '../../src/core/driver.ts';
import { driverList } from '../../src/engine/driver-list.ts';
import { commandStage, errorOf, profileVariables } from './stage.ts';

const stage = commandStage();
const store = '.config/imgctl/config.json';
const stored = (): unknown => JSON.parse(stage.read(store).toString());
const addLinode = (...more: readonly string[]) =>
  stage.run(['profile', 'add', 'lin', '--provider', 'linode', '--set', 'token=s3cr3t-token', '--set', 'region=us-ord', ...more]);

describe('profile add', () => {
  it('keeps a profile in one file that only its owner can read', async () => {
    const made = await stage.ok(['profile', 'add', 'lab', '--provider', 'local', '--set', 'path=/srv/images', '-o', 'json']);
    expect(made.json()).toEqual({
      name: 'lab',
      provider: 'local',
      current: false,
      fields: { path: { value: '/srv/images', from: 'profile' } },
    });
    expect(stored()).toEqual({ version: 1, profiles: { lab: { provider: 'local', fields: { path: '/srv/images' } } } });
    expect(statSync(stage.file(store)).mode & 0o777).toBe(0o600);
    await stage.ok(['profile', 'add', 'there', '--provider', 'local'], { env: { IMGCTL_CONFIG_DIR: stage.file('elsewhere') } });
    expect(JSON.parse(stage.read('elsewhere/config.json').toString())).toHaveProperty('profiles.there');
    await stage.ok(['profile', 'add', 'xdg', '--provider', 'local'], { env: { XDG_CONFIG_HOME: stage.file('xdg') } });
    expect(JSON.parse(stage.read('xdg/imgctl/config.json').toString())).toHaveProperty('profiles.xdg');
  });

  it('clears away the drafts of processes that were killed while they wrote, which hold secrets', async () => {
    await addLinode();
    const left = `${store}.tmp-1234567890abcdef`;
    const other = `${store}.tmp-notes`;
    stage.write(left, 'an old token');
    stage.write(other, 'not of ours');
    await stage.ok(['profile', 'set', 'lin', 'region=us-iad']);
    expect([existsSync(stage.file(left)), existsSync(stage.file(other))]).toEqual([false, true]);
  });

  it('never shows a secret, in no format', async () => {
    const shown = [await addLinode('-o', 'json')];
    expect(shown[0]?.json()).toHaveProperty('fields.token', { value: '•••', from: 'profile' });
    for (const format of ['table', 'wide', 'json', 'jsonl', 'yaml', 'csv'])
      for (const verb of [
        ['profile', 'show', 'lin'],
        ['profile', 'list'],
        ['profile', 'check', 'lin', '--set=no'],
        ['list', '-p', 'lin', '--debug'],
      ])
        shown.push(
          await stage.run([...verb, '-o', format, '--retries', '0'], {
            env: { IMGCTL_PROFILE_LIN_ENDPOINT: 'http://127.0.0.1:1' },
          }),
        );
    for (const { stdout, stderr } of shown) expect(stdout + stderr).not.toContain('s3cr3t');
  });

  it.each([
    [['bad name', '--provider', 'local'], 2, 'invalid profile name: bad name'],
    [['env', '--provider', 'local'], 2, 'invalid profile name: env'],
    [['__proto__', '--provider', 'local'], 2, 'invalid profile name: __proto__'],
    [['a:b', '--provider', 'local'], 2, 'invalid profile name: a:b'],
    [['lab'], 2, '--provider is required'],
    [['lab', '--provider', 'lcoal'], 3, 'no such provider: lcoal'],
    [['lab', '--provider', 'local', '--set', 'pth=/x'], 2, 'unknown field for local: pth'],
    [['lab', '--provider', 'linode', '--set', 'apiVersion=v5'], 2, 'invalid apiVersion: v5'],
    [['lab', '--provider', 'local', '--set', 'path'], 2, '--set: what was given is not of the form key=value'],
  ])('refuses %j', async (args, exitCode, message) => {
    const refused = await stage.run(['profile', 'add', ...args, '--json']);
    expect(errorOf(refused)).toMatchObject({ message, exitCode });
    expect(refused.exitCode).toBe(exitCode);
    expect((await stage.ok(['profile', 'list', '-o', 'id'])).stdout).toBe('local\n');
  });

  it('names what is near', async () => {
    expect(errorOf(await stage.run(['profile', 'add', 'lab', '--provider', 'lcoal', '--json'])).hint).toBe('Did you mean local?');
    const field = await stage.run(['profile', 'add', 'lab', '--provider', 'local', '--set', 'pth=/x', '--json']);
    expect(errorOf(field).hint).toBe('Did you mean path?');
  });

  it('does not replace one that is there, unless told to', async () => {
    await stage.ok(['profile', 'add', 'lab', '--provider', 'local', '--set', 'path=/a']);
    const again = ['profile', 'add', 'lab', '--provider', 'local', '--set', 'path=/b', '--json'];
    expect(errorOf(await stage.run(again))).toMatchObject({
      code: 'CONFLICT',
      message: 'profile "lab" already exists',
      exitCode: 6,
    });
    expect(stored()).toHaveProperty('profiles.lab.fields.path', '/a');
    await stage.ok([...again, '--replace']);
    expect(stored()).toHaveProperty('profiles.lab.fields.path', '/b');
  });

  it('asks on a terminal for what is missing, secrets unechoed', async () => {
    const all = await stage.ok(['profile', 'add', 'lin'], {
      terminal: true,
      answers: ['linode', '', 's3cr3t-token', 'us-ord', 'no'],
    });
    expect(stored()).toMatchObject({
      profiles: { lin: { provider: 'linode', fields: { token: 's3cr3t-token', region: 'us-ord' } } },
    });
    expect(all.stderr).toMatch(/token \(.*\): \n/);
    expect(all.stdout + all.stderr).not.toContain('s3cr3t');
    const rest = ['profile', 'add', 'cow', '--provider', 'rancher', '--set', 'accessKey=AK'];
    const one = await stage.ok(rest, { terminal: true, answers: ['http://r.example', 'hush-hush', 'no'] });
    expect(stored()).toMatchObject({
      profiles: { cow: { fields: { url: 'http://r.example', accessKey: 'AK', secretKey: 'hush-hush' } } },
    });
    expect(one.stderr, 'only what cannot be done without').not.toContain('project (');
    const gone = await stage.run(['profile', 'add', 'x', '--provider', 'linode'], { terminal: true, answers: [] });
    expect(gone.exitCode).toBe(130);
    expect(stored()).not.toHaveProperty('profiles.x');
  });
});

describe('a password, or a token, in an address', () => {
  const each = ['https://me:hunter22@host.example/', 'https://hunter22@host.example/', 'https://hunter22:@host.example/'];
  const cases = driverList.names.flatMap((provider) => each.map((signed) => [provider, signed] as const));
  it.each(cases)('is kept in no field of %s, and told to belong elsewhere: %s', async (provider, signed) => {
    const { profile } = (await driverList.load(provider)) as Driver;
    const addresses = Object.keys(profile).filter(
      (field) => !profile[field]?.secret && !profile[field]?.choices && !profile[field]?.paths,
    );
    const [first = 'path'] = addresses;
    await stage.ok(['profile', 'add', 'y', '--provider', provider, '--set', `${first}=env:ADDRESS`]);
    const added = await stage.run([
      'profile',
      'add',
      'x',
      '--provider',
      provider,
      '--set',
      `path=${signed}`,
      '--set',
      `${first}=${signed}`,
    ]);
    expect([added.exitCode, added.stdout]).toEqual([2, '']);
    for (const field of addresses) {
      const set = await stage.run(['profile', 'set', 'y', `${field}=${signed}`, '--json']);
      expect([set.exitCode, errorOf(set).message], field).toEqual([2, `${field} holds a user name or a password`]);
      expect(added.stderr + set.stderr).not.toContain('hunter22');
    }
    expect(stage.read('.config/imgctl/config.json').toString()).not.toContain('hunter22');
  });

  it('is not copied from another tool: that profile is left out', async () => {
    mkdirSync(stage.file('.config/openstack'), { recursive: true });
    stage.write(
      '.config/openstack/clouds.yaml',
      'clouds:\n  pcd:\n    auth:\n      auth_url: https://me:hunter22@host.example/v3\n      username: me\n      password: x\n',
    );
    const imported = await stage.run(['profile', 'import']);
    expect(imported.stderr).toContain('authUrl holds a user name or a password');
    expect(imported.stderr + imported.stdout).not.toContain('hunter22');
    expect((await stage.ok(['profile', 'list', '-o', 'id'])).stdout.trim()).toBe('local');
  });
});

describe('profile set, use, remove', () => {
  it('change fields, protection, the current one, and forget', async () => {
    await addLinode();
    await stage.ok(['profile', 'set', 'lin', 'region=us-iad', 'token=env:TOKEN']);
    expect(stored()).toMatchObject({ profiles: { lin: { fields: { token: 'env:TOKEN', region: 'us-iad' } } } });
    expect((await stage.ok(['profile', 'set', 'lin', 'region=', '--protect', '-o', 'json'])).json()).toMatchObject({
      protected: true,
    });
    expect(stored()).toHaveProperty('profiles.lin', { provider: 'linode', protected: true, fields: { token: 'env:TOKEN' } });
    await stage.ok(['profile', 'set', 'lin', '--unprotect']);
    expect(stored()).not.toHaveProperty('profiles.lin.protected');
    await stage.ok(['profile', 'use', 'lin']);
    expect(stored()).toHaveProperty('current', 'lin');
    expect((await stage.ok(['profile', 'list', '-c', 'name,current', '--no-header'])).stdout).toBe('lin\ttrue\nlocal\tfalse\n');
    const unasked = await stage.run(['profile', 'remove', 'lin', '--json']);
    expect(errorOf(unasked)).toMatchObject({
      code: 'USAGE',
      message: 'cannot ask for confirmation: not a terminal',
      exitCode: 2,
    });
    await stage.ok(['profile', 'rm', 'lin', '--yes']);
    expect(stored()).toEqual({ version: 1, profiles: {} });
  });

  it('change nothing in a dry run', async () => {
    await addLinode();
    const before = stage.read(store).toString();
    const adding = await stage.ok(['profile', 'add', 'n', '--provider', 'linode', '--set', 'token=s3cr3t', '-n', '-o', 'json']);
    expect(adding.json()).toMatchObject({ name: 'n', provider: 'linode', fields: { token: { value: '•••' } } });
    expect((await stage.ok(['profile', 'set', 'lin', 'region=us-iad', '-n', '-o', 'json'])).json()).toMatchObject({
      fields: { region: { value: 'us-iad' } },
    });
    expect((await stage.ok(['profile', 'use', 'lin', '-n', '-o', 'json'])).json()).toMatchObject({ name: 'lin', current: true });
    await stage.ok(['profile', 'remove', 'lin', '-n']);
    expect(stage.read(store).toString()).toBe(before);
  });

  it.each([
    [['set', 'none', 'path=/x'], 3, 'no such profile: none'],
    [['set', 'lin'], 2, 'no FIELD=VALUE given'],
    [['set', 'lin', 'region'], 2, 'argument 1 is not of the form FIELD=VALUE'],
    [['set', 'lin', 'regoin=x'], 2, 'unknown field for linode: regoin'],
    [['set', 'lin', 'regoin='], 2, 'unknown field for linode: regoin'],
    [['use', 'none'], 3, 'no such profile: none'],
    [['show', 'none'], 3, 'no such profile: none'],
    [['remove', 'none', '--yes'], 3, expect.stringMatching(/^no such profile in .*config\.json: none$/)],
  ])('refuse %j', async (args, exitCode, message) => {
    await addLinode();
    const before = stage.read(store).toString();
    const refused = await stage.run(['profile', ...args, '--json']);
    expect(errorOf(refused)).toMatchObject({ message, exitCode });
    expect(stage.read(store).toString()).toBe(before);
  });

  it('say of a profile that is only in the environment where it is', async () => {
    const env = profileVariables('ci', 'local', { path: stage.file('ci') });
    const refused = await stage.run(['profile', 'set', 'ci', 'path=/x', '--json'], { env });
    expect(errorOf(refused)).toMatchObject({ code: 'CONFIG', message: expect.stringMatching(/^no such profile in .*: ci$/) });
  });

  it('lose nothing when many write at once', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `p${index}`);
    const results = await Promise.all(
      names.map((name) => stage.run(['profile', 'add', name, '--provider', 'local', '--set', `path=/${name}`])),
    );
    expect(results.map(({ exitCode, stderr }) => `${exitCode}${stderr}`)).toEqual(names.map(() => '0'));
    expect(Object.keys((stored() as { profiles: object }).profiles).sort()).toEqual([...names].sort());
  });
});

describe('a damaged store', () => {
  it.each([
    ['{"version":1,"profiles":', 'is not valid JSON'],
    ['[]', 'contains no profiles'],
    ['{"version":2,"profiles":{}}', 'has version 2; this imgctl supports version 1'],
    ['{"version":1,"profiles":{"lab":{"provider":"local"}}}', 'profile "lab" is damaged'],
    ['{"version":1,"profiles":{"lab":{"provider":"local","fields":{"path":7}}}}', 'profile "lab" is damaged'],
  ])('%s is exit 3 with its path, and is never overwritten', async (text, message) => {
    mkdirSync(stage.file('.config/imgctl'), { recursive: true });
    stage.write(store, text);
    for (const args of [
      ['list'],
      ['profile', 'list'],
      ['profile', 'add', 'x', '--provider', 'local'],
      ['profile', 'use', 'local'],
    ]) {
      const refused = await stage.run([...args, '--json']);
      expect([refused.exitCode, errorOf(refused).code], args.join(' ')).toEqual([3, 'CONFIG']);
      expect(errorOf(refused).message).toContain(stage.file(store));
      expect(errorOf(refused).message).toContain(message);
    }
    expect(stage.read(store).toString()).toBe(text);
  });
});

describe('profile show', () => {
  it('tells where each value comes from: option, environment, profile, default', async () => {
    await addLinode();
    const env = { IMGCTL_PROFILE_LIN_ENDPOINT: 'http://127.0.0.1:1' };
    const shown = await stage.ok(['profile', 'show', 'lin', '--region', 'us-iad', '-o', 'json'], { env });
    expect(shown.json()).toMatchObject({
      name: 'lin',
      provider: 'linode',
      fields: {
        token: { value: '•••', from: 'profile' },
        region: { value: 'us-iad', from: 'option' },
        endpoint: { value: 'http://127.0.0.1:1', from: 'environment (IMGCTL_PROFILE_LIN_ENDPOINT)' },
      },
    });
    expect((await stage.ok(['profile', 'show', '-o', 'json'])).json()).toEqual({
      name: 'local',
      provider: 'local',
      current: true,
      builtIn: true,
      fields: { path: { value: stage.file('.local/share/imgctl/images'), from: 'default' } },
    });
    expect((await stage.ok(['profile', 'show', 'lin'])).stdout).toContain('us-ord (profile)');
  });

  it('lists where each profile leads and as whom, without secrets', async () => {
    const values = ['authUrl=https://k.example/v3', 'username=me', 'password=s3cr3t', 'project=p'];
    const fields = values.flatMap((value) => ['--set', value]);
    await stage.ok(['profile', 'add', 'pcd', '--provider', 'openstack', ...fields]);
    expect((await stage.ok(['profile', 'list', '--json'])).json()).toMatchObject([
      { name: 'pcd', address: 'https://k.example/v3', user: 'me' },
      { name: 'local', address: expect.stringContaining('images') as string },
    ]);
    for (const columns of [40, 80, 120]) {
      const shown = (await stage.ok(['profile', 'list'], { terminal: true, columns })).stdout;
      expect(Math.max(...shown.split('\n').map((line) => line.length))).toBeLessThanOrEqual(columns);
      expect(shown).not.toContain('s3cr3t');
      if (columns >= 80) expect(shown).toContain('k.example');
    }
  });

  it('shows references as they are, and not what is behind them', async () => {
    await addLinode();
    await stage.ok(['profile', 'set', 'lin', 'token=env:MY_TOKEN']);
    const shown = await stage.ok(['profile', 'show', 'lin', '-o', 'json'], { env: { MY_TOKEN: 's3cr3t' } });
    expect(shown.json()).toMatchObject({ fields: { token: { value: 'env:MY_TOKEN', from: 'profile' } } });
  });
});

describe('profiles in the environment', () => {
  it('need no file, and override one', async () => {
    await stage.ok(['profile', 'add', 'my.lab', '--provider', 'local', '--set', `path=${stage.file('stored')}`]);
    const env = {
      IMGCTL_PROFILE_MY_LAB_PATH: stage.file('a'),
      IMGCTL_PROFILE_CI_BOX_PROVIDER: 'local',
      IMGCTL_PROFILE_CI_BOX_PATH: stage.file('b'),
    };
    expect((await stage.ok(['profile', 'list', '-o', 'id'], { env })).stdout).toBe('ci-box\nmy.lab\nlocal\n');
    await stage.ok(['create', 'ci-box:web'], { env });
    await stage.ok(['create', 'ci_box:web-2'], { env });
    expect((await stage.ok(['list', '-p', 'ci-box', '-c', 'name', '--no-header', '--sort', 'name'], { env })).stdout).toBe(
      'web\nweb-2\n',
    );
    await stage.ok(['create', 'my.lab:web'], { env });
    expect((await stage.ok(['list', '-p', 'my.lab', '-o', 'id'])).stdout).toBe('');
    const both = { ...env, IMGCTL_PROFILE_MY_LAB_PROVIDER: 'local' };
    expect((await stage.ok(['profile', 'list', '-o', 'id'], { env: both })).stdout, 'one profile, not two').toBe(
      'ci-box\nmy.lab\nlocal\n',
    );
  });

  it('are refused where their provider is none, or a field is missing', async () => {
    const odd = await stage.run(['list', '-p', 'x', '--json'], { env: { IMGCTL_PROFILE_X_PROVIDER: 'linod' } });
    expect(errorOf(odd)).toMatchObject({
      code: 'CONFIG',
      message: 'no such provider: linod',
      hint: 'Did you mean linode?',
      exitCode: 3,
    });
    const lacking = await stage.run(['list', '-p', 'x', '--json'], { env: { IMGCTL_PROFILE_X_PROVIDER: 'rancher' } });
    expect(errorOf(lacking)).toMatchObject({
      code: 'CONFIG',
      message: 'profile x (rancher): url is required',
      hint: 'Set it with: export IMGCTL_PROFILE_X_URL=…',
    });
  });

  it('env:PROVIDER takes everything from the provider’s own variables', async () => {
    const cloud = await startLinode();
    try {
      await cloud.seed([{ name: 'web' }]);
      const env = { LINODE_TOKEN: cloud.values['token'] ?? '', LINODE_URL: cloud.origin };
      expect((await stage.ok(['list', '-p', 'env:linode', '-c', 'profile,name', '--no-header'], { env })).stdout).toBe(
        'env:linode\tweb\n',
      );
      const shown = await stage.ok(['profile', 'show', 'env:linode', '-o', 'json'], { env });
      expect(shown.json()).toMatchObject({ fields: { token: { value: '•••', from: 'LINODE_TOKEN' } } });
      const unset = await stage.run(['list', '-p', 'env:rancher', '--json']);
      expect(errorOf(unset)).toMatchObject({
        code: 'CONFIG',
        message: 'profile env:rancher (rancher): url is required',
        hint: 'Set it with: export RANCHER_URL=…',
      });
    } finally {
      await cloud.stop();
    }
  });
});

describe('references', () => {
  it('env:, file: and cmd: are followed, and nothing of them is shown', async () => {
    const cloud = await startLinode();
    try {
      const token = cloud.values['token'] ?? '';
      const file = stage.write('token', `${token}\n`);
      const base = profileVariables('lin', 'linode', { endpoint: cloud.origin });
      for (const [reference, more] of [
        ['env:MY_TOKEN', { MY_TOKEN: token }],
        [`file:${file}`, {}],
        ['file:~/token', {}],
        [`cmd:cat ${file}`, {}],
      ] as const) {
        const env = { ...base, ...more, IMGCTL_PROFILE_LIN_TOKEN: reference };
        const listed = await stage.ok(['list', '-p', 'lin', '--debug', '-o', 'json'], { env });
        expect(listed.stdout, reference).toBe('[]\n');
        expect(listed.stderr, reference).not.toContain(token);
      }
      const open = { ...base, IMGCTL_PROFILE_LIN_TOKEN: `file:${file}` };
      expect((await stage.ok(['list', '-p', 'lin'], { env: open })).stderr).toContain(
        `is readable by other users. Restrict it with: chmod 600 ${file}`,
      );
    } finally {
      await cloud.stop();
    }
  });

  it.each([
    ['env:NOT_SET', 'token: environment variable NOT_SET is not set'],
    ['file:/no/such/file', 'token: no such file: /no/such/file'],
    ['cmd:echo s3cr3t; exit 3', 'token: the command exited with status 3'],
    ['cmd:true', 'token: the command printed nothing'],
  ])('%s is exit 3 where nothing is behind it', async (reference, message) => {
    const env = profileVariables('lin', 'linode', { token: reference });
    const refused = await stage.run(['list', '-p', 'lin', '--json'], { env });
    expect(errorOf(refused)).toMatchObject({ code: 'CONFIG', message, exitCode: 3 });
    expect(refused.stderr).not.toContain('s3cr3t');
  });
});

describe('profile check', () => {
  it('says who we are, which verbs there are, and what is badly kept', async () => {
    const cloud = await rancherCloud({ key: 'readonly' }).start();
    try {
      const { url = '', accessKey = '', secretKey = '' } = cloud.values;
      await stage.ok([
        'profile',
        'add',
        'cow',
        '--provider',
        'rancher',
        '--set',
        `url=${url}`,
        '--set',
        `accessKey=${accessKey}`,
        '--set',
        `secretKey=${secretKey}`,
      ]);
      const checked = await stage.ok(['profile', 'check', 'cow', '-o', 'json']);
      expect(checked.json()).toMatchObject({
        profile: 'cow',
        provider: 'rancher',
        verbs: ['list', 'show'],
        missing: { deactivate: expect.any(String), delete: expect.any(String) },
        warnings: ['secretKey is stored as plain text. Keep it elsewhere with env:NAME, file:PATH or cmd:COMMAND.'],
      });
      expect(checked.stdout).not.toContain(secretKey);
      await stage.ok(['profile', 'set', 'cow', 'secretKey=wrong-0815']);
      const refused = await stage.run(['profile', 'check', 'cow', '--json']);
      expect([refused.exitCode, errorOf(refused).code]).toEqual([4, 'AUTH']);
      expect(errorOf(refused).hint).toMatch(/\nsecretKey comes from profile\nCheck the profile with: imgctl profile check cow$/);
      expect(refused.stderr).not.toContain('wrong-0815');
      await cloud.stop();
      const dead = await stage.run(['profile', 'check', 'cow', '--retries', '0']);
      expect(dead.exitCode).toBe(9);
    } finally {
      await cloud.stop();
    }
  });

  it('works at the local store without any profile', async () => {
    expect((await stage.ok(['profile', 'check', '-o', 'json'])).json()).toMatchObject({
      profile: 'local',
      who: stage.file('.local/share/imgctl/images'),
      missing: {},
      warnings: [],
    });
  });
});

describe('profile import', () => {
  function otherTools(): void {
    for (const folder of ['.config/openstack', '.rancher']) mkdirSync(stage.file(folder), { recursive: true });
    stage.write(
      '.config/openstack/clouds.yaml',
      'clouds:\n  pcd:\n    auth: {auth_url: "https://pcd.example/keystone/v3", username: me, password: s3cr3t-os, project_name: p}\n    region_name: R1\n',
    );
    stage.write('.config/linode-cli', '[DEFAULT]\ndefault-user = lin\n[lin]\ntoken = s3cr3t-lin\nregion = us-ord\n');
    stage.write(
      '.rancher/cli.json',
      '{"url":"http://r.example:8080/v1","accessKey":"AK","secretKey":"s3cr3t-r","environment":"1a5"}',
    );
  }
  const names = (): readonly string[] => Object.keys((stored() as { profiles: object }).profiles).sort();

  it('takes over what other tools know, and shows no secret of it', async () => {
    otherTools();
    const planned = await stage.ok(['profile', 'import', '-n', '-o', 'json']);
    expect((planned.json() as { name: string }[]).map(({ name }) => name).sort()).toEqual(['lin', 'pcd', 'rancher']);
    expect((await stage.ok(['profile', 'list', '-o', 'id'])).stdout).toBe('local\n');
    const taken = await stage.ok(['profile', 'import']);
    expect(names()).toEqual(['lin', 'pcd', 'rancher']);
    expect(stored()).toMatchObject({
      profiles: {
        pcd: {
          provider: 'openstack',
          fields: {
            authUrl: 'https://pcd.example/keystone/v3',
            username: 'me',
            password: 's3cr3t-os',
            project: 'p',
            region: 'R1',
          },
        },
        lin: { provider: 'linode', fields: { token: 's3cr3t-lin', region: 'us-ord' } },
        rancher: {
          provider: 'rancher',
          fields: { url: 'http://r.example:8080/v1', accessKey: 'AK', secretKey: 's3cr3t-r', project: '1a5' },
        },
      },
    });
    expect(planned.stdout + taken.stdout + taken.stderr).not.toContain('s3cr3t');
  });

  it('takes only what is named, by profile or provider', async () => {
    otherTools();
    await stage.ok(['profile', 'import', 'linode']);
    expect(names()).toEqual(['lin']);
    await stage.ok(['profile', 'import', 'pcd']);
    expect(names()).toEqual(['lin', 'pcd']);
    const odd = await stage.run(['profile', 'import', 'pdc', '--json']);
    expect(errorOf(odd)).toMatchObject({
      code: 'NOT_FOUND',
      message: 'no such profile to import: pdc',
      hint: expect.stringContaining('pcd'),
    });
  });

  it('leaves a profile alone that is there, and says so', async () => {
    otherTools();
    await stage.ok(['profile', 'add', 'pcd', '--provider', 'local']);
    const taken = await stage.ok(['profile', 'import', '-o', 'json']);
    expect(taken.stderr).toContain('already there, kept as they are: pcd');
    const states = (taken.json() as { name: string; state: string }[]).map(({ name, state }) => `${name} ${state}`);
    expect(states.sort()).toEqual(['lin imported', 'pcd already there', 'rancher imported']);
    // Everything is there: that is no failure, one line says so, and nothing was done that could be handed on.
    const again = await stage.ok(['profile', 'import', '-o', 'id']);
    expect([again.stdout, again.stderr.split('\n').length]).toEqual(['', 2]);
    expect((await stage.ok(['profile', 'import', 'pcd', '--replace', '-n', '-o', 'json'])).json()).toMatchObject([
      { name: 'pcd', state: 'would replace' },
    ]);
    expect(stored()).toHaveProperty('profiles.pcd.provider', 'local');
    await stage.ok(['profile', 'import', 'pcd', '--replace']);
    expect(stored()).toHaveProperty('profiles.pcd.provider', 'openstack');
  });

  it('takes over the rest where one file is damaged, or one name cannot be a profile’s', async () => {
    otherTools();
    stage.write('.rancher/cli.json', '{"url":');
    stage.write('.config/linode-cli', '[my user]\ntoken = t\n[lin]\ntoken = u\n');
    const taken = await stage.run(['profile', 'import', '--json']);
    expect(names()).toEqual(['lin', 'pcd']);
    expect(taken.exitCode).toBe(12);
    expect(taken.stderr).toContain(stage.file('.rancher/cli.json'));
    expect(taken.stderr).toContain('invalid profile name: my user');
    const damaged = await stage.run(['profile', 'import', 'rancher', '--json']);
    expect(damaged.exitCode).not.toBe(0);
    expect(damaged.stderr).toContain(stage.file('.rancher/cli.json'));
  });

  it('shows of each where it leads, as whom, and what else it says, in one line without JSON or secrets', async () => {
    otherTools();
    const clouds = [1, 2, 3, 4, 5, 6].map(
      (n) =>
        `  c${n}:\n    auth: {auth_url: "https://k${n}.example/v3", username: u${n}, password: s3cr3t-${n}, project_name: p${n}}\n    region_name: R${n}\n`,
    );
    stage.write('.config/openstack/clouds.yaml', `clouds:\n${clouds.join('')}`);
    const lines = (await stage.ok(['profile', 'import', '-n'])).stdout.split('\n');
    for (const n of [1, 2, 3, 4, 5, 6]) {
      const line = lines.find((one) => one.startsWith(`c${n}\t`)) ?? '';
      for (const part of [
        'openstack',
        'new',
        `https://k${n}.example/v3`,
        `u${n}`,
        `project=p${n}`,
        `region=R${n}`,
        'clouds.yaml',
      ])
        expect(line).toContain(part);
    }
    expect(lines.join('\n')).not.toMatch(/s3cr3t|\{"/);
    for (const columns of [80, 120]) {
      const screen = (await stage.ok(['profile', 'import', '-n'], { terminal: true, columns })).stdout;
      expect(Math.max(...screen.split('\n').map((line) => line.length))).toBeLessThanOrEqual(columns);
      for (const n of [1, 2, 3, 4, 5, 6]) expect(screen).toContain(`k${n}.example`);
    }
    const done = await stage.ok(['profile', 'import']);
    expect(done.stderr).toMatch(/secrets of 8 of them were copied as plain text/);
    expect(done.stderr).toMatch(/8 profiles imported from .*clouds\.yaml.*Next: imgctl profile use /);
  });

  it('finds nothing with 5', async () => {
    const none = await stage.run(['profile', 'import', '--json']);
    expect(errorOf(none)).toMatchObject({ code: 'NOT_FOUND', message: 'no profiles of other tools found' });
  });
});

describe('profile check of several', () => {
  it('gives a row for each that works, the whole failure of each that does not, and 12', async () => {
    for (const name of ['one', 'two'])
      await stage.ok(['profile', 'add', `lab-${name}`, '--provider', 'local', '--set', `path=${stage.file(name)}`]);
    await stage.ok(['profile', 'add', 'lab-dead', '--provider', 'rancher', '--set', 'url=http://127.0.0.1:9/v1']);
    for (const words of [['lab-*'], ['lab-one', 'lab-two', 'lab-dead'], ['-A']]) {
      const checked = await stage.run(['profile', 'check', ...words, '-o', 'json', '--retries', '0']);
      expect(checked.exitCode, words.join()).toBe(12);
      expect((checked.json() as { profile: string }[]).map(({ profile }) => profile).filter((name) => name !== 'local')).toEqual([
        'lab-one',
        'lab-two',
      ]);
      expect(checked.stderr).toContain('"profile":"lab-dead"');
    }
    const well = await stage.ok(['profile', 'check', 'lab-one', 'lab-two']);
    expect(well.stdout).toMatch(/^profile\tprovider\twho\tdetails\twarnings\ttookMs\nlab-one\tlocal\t[^]*\nlab-two\tlocal\t/);
    expect(well.stdout).not.toContain('{"');
  });

  it('is one object where one profile was named, and 3 where a name or glob fits none', async () => {
    expect((await stage.ok(['profile', 'check', 'local', '-o', 'json'])).json()).toMatchObject({ profile: 'local' });
    for (const word of ['nope', 'nope-*']) expect((await stage.run(['profile', 'check', word])).exitCode).toBe(3);
  });
});

describe('a profile that there cannot be', () => {
  const lab = { provider: 'local', fields: {} };
  const bad = { provider: 'nope', fields: { path: '/x' } };
  const kept = (book: object): void => {
    mkdirSync(path.dirname(stage.file(store)), { recursive: true, mode: 0o700 });
    stage.write(store, JSON.stringify({ version: 1, ...book }));
  };

  it.each([
    ['a stored one of an unknown provider', { profiles: { bad, lab } }, {}],
    ['a default that is gone', { current: 'bad', profiles: { lab } }, {}],
    ['a variable that names none', { profiles: { lab } }, { IMGCTL_PROFILE: 'bad' }],
    ['a variable of an unknown provider', { profiles: { lab } }, { IMGCTL_PROFILE_BAD_PROVIDER: 'nope' }],
  ])('keeps the others in no list: %s', async (_what, book, env) => {
    kept(book);
    for (const verb of [
      ['profile', 'list'],
      ['profile', 'check', '-A'],
      ['list', '-A'],
    ]) {
      const shown = await stage.run([...verb, '-o', 'json'], { env });
      expect(shown.exitCode, verb.join(' ')).toBe(12);
      expect(shown.stderr, verb.join(' ')).toMatch(/"code":"CONFIG","message":"(bad: )?no such (profile: bad|provider: nope)"/);
      if (verb[0] === 'profile') expect(JSON.stringify(shown.json())).toMatch(/"lab".*"local"/);
    }
  });

  it('is removed, and replaced', async () => {
    kept({ profiles: { bad, worse: bad, lab } });
    await stage.ok(['profile', 'remove', 'bad', '--yes']);
    await stage.ok(['profile', 'add', 'worse', '--provider', 'local', '--replace', '--yes']);
    expect(stored()).toEqual({ version: 1, profiles: { worse: lab, lab } });
  });
});

it.each([['list'], ['profile', 'list'], ['profile', 'add', 'lab', '--provider', 'local'], ['list', '-p', 'ubuntu']])(
  'a store that cannot be read is CONFIG, names itself and says where else one can be: %s %s',
  async (...verb) => {
    mkdirSync(path.dirname(stage.file(store)), { recursive: true, mode: 0o700 });
    symlinkSync('config.json', stage.file(store));
    const refused = await stage.run([...verb, '--json']);
    expect(errorOf(refused)).toMatchObject({ code: 'CONFIG', exitCode: 3, message: expect.stringContaining(store) });
    expect(errorOf(refused).hint).toContain('IMGCTL_CONFIG_DIR=FOLDER');
  },
);

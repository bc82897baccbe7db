import { describe, expect, it } from 'vitest';
import { drivers } from '../../src/drivers/index.ts';
import { fieldVariable } from '../../src/profiles/resolve.ts';
import { startOpenstack } from '../clouds/openstack/index.ts';
import { commandStage, errorOf } from './stage.ts';

const stage = commandStage();
const loaded = await Promise.all(Object.entries(drivers).map(async ([name, load]) => ({ name, driver: (await load()).default })));
/** A value that a field takes. */
const valueFor = (field: string, choices?: readonly string[]): string =>
  choices?.[0] ?? (/url|endpoint|host/i.test(field) ? 'https://cloud.example:5000' : 'reg.example');
const add = (
  provider: string,
  fields: readonly string[],
  profile: (typeof loaded)[number]['driver']['profile'],
): readonly string[] => [
  'profile',
  'add',
  'x',
  '--provider',
  provider,
  ...fields.flatMap((field) => [
    '--set',
    `${field}=${profile[field]?.secret ? `env:NOT_SET` : valueFor(field, profile[field]?.choices)}`,
  ]),
];

describe.each(loaded)('a profile for $name', ({ name, driver }) => {
  const { setup, profile } = driver;
  const required = Object.keys(profile).filter((field) => profile[field]?.required);
  const where = setup.where?.[0]?.field;
  const ways = setup.signIn ?? [{ title: 'none', needs: [] }];

  it('has fields for all that its setup speaks of', () => {
    const named = [
      ...(setup.where ?? []).map(({ field }) => field),
      ...ways.flatMap((way) => [...way.needs, ...('may' in way ? (way.may ?? []) : [])]),
      ...(setup.after ?? []),
    ];
    expect(named.filter((field) => !Object.hasOwn(profile, field))).toEqual([]);
  });

  for (const way of ways) {
    const whole = [...new Set([...required, ...(where && !required.includes(where) ? [where] : []), ...way.needs])];
    it(`is kept without a word where it has what signing in by "${way.title}" takes`, async () => {
      expect((await stage.ok(add(name, whole, profile))).stderr).toBe('');
    });

    for (const left of ('rare' in way && way.rare ? [] : whole).filter(
      (field) => profile[field]?.default === undefined && !(ways.length > 1 && way.needs.length === 1 && way.needs[0] === field),
    ))
      it(`by "${way.title}" without ${left} is kept with a warning that names it and how to set it`, async () => {
        const made = await stage.ok(
          add(
            name,
            whole.filter((field) => field !== left),
            profile,
          ),
        );
        expect(made.stderr).toMatch(
          new RegExp(
            `^warning: profile x cannot be used yet \\(missing: [^]*\\b${left}\\b[^]*imgctl profile set x FIELD=VALUE\n$`,
          ),
        );
        expect(
          (
            await stage.ok([
              'profile',
              'set',
              'x',
              `${left}=${profile[left]?.secret ? 'env:NOT_SET' : valueFor(left, profile[left]?.choices)}`,
            ])
          ).stderr,
        ).toBe('');
        const gone = await stage.ok(['profile', 'set', 'x', `${left}=`]);
        expect(gone.stderr).toContain(left);
      });
  }

  it('is asked for in at most ten questions', async () => {
    const longest = Math.max(...ways.map((way) => [...way.needs, ...('may' in way ? (way.may ?? []) : [])].length));
    // The provider, where, how, and whether to sign in; the rest is fields.
    expect(
      1 +
        required.length +
        (where && !required.includes(where) ? 1 : 0) +
        (ways.length > 1 ? 1 : 0) +
        longest +
        (setup.after ?? []).length +
        1,
    ).toBeLessThanOrEqual(10);
  });
});

describe('a variable that completes a profile', () => {
  it('counts as given', async () => {
    const made = await stage.ok(['profile', 'add', 'x', '--provider', 'oci', '--set', 'registry=reg.example'], {
      env: { [fieldVariable('x', 'repository')]: 'a/b' },
    });
    expect(made.stderr).toBe('');
  });
});

describe('profile add on a terminal, for a cloud with several ways in', () => {
  it('asks where, how, and only what that needs', async () => {
    const cloud = await startOpenstack();
    const { authUrl = '', username = '', password = '', project = '' } = cloud.values;
    const answers = ['openstack', authUrl, 'password', username, password, '', project, 'yes', 'RegionTwo'];
    const made = await stage.ok(['profile', 'add', 'pcd'], { terminal: true, answers });
    expect(made.stderr).toMatch(/pcd works: /);
    expect((await stage.ok(['profile', 'show', 'pcd', '-o', 'json'])).json()).toMatchObject({
      fields: { region: { value: 'RegionTwo' } },
    });
    expect(made.stderr).not.toMatch(/applicationCredential|token \(|interface|imageEndpoint \(/);
    expect(made.stderr + made.stdout).not.toContain(password);
    await cloud.stop();
  });

  it('takes a bare host for what a bare host means', async () => {
    const made = await stage.ok(['profile', 'add', 'pcd', '-o', 'json'], {
      terminal: true,
      answers: ['openstack', 'pcd.example.org', 'token', 's3cr3t-token', '', 'no'],
    });
    expect(made.json()).toMatchObject({ fields: { host: { value: 'pcd.example.org' } } });
  });
});

describe('profile protection', () => {
  it.each(['--protect', '--protected'])('is spelled %s by add and by set, and shown once', async (spelling) => {
    expect((await stage.ok(['profile', 'add', 'a', '--provider', 'local', spelling, '-o', 'json'])).json()).toMatchObject({
      protected: true,
    });
    await stage.ok(['profile', 'add', 'b', '--provider', 'local']);
    expect((await stage.ok(['profile', 'set', 'b', spelling, '-o', 'json'])).json()).toMatchObject({ protected: true });
    for (const verb of ['add', 'set']) expect((await stage.ok(['profile', verb, '--help'])).stdout).not.toContain('--protected');
  });
});

describe('profile remove', () => {
  it('says which account a profile is for, and that only the profile goes', async () => {
    await stage.ok(['profile', 'add', 'cow', '--provider', 'rancher', '--set', 'url=http://cow.example/v1']);
    // What was kept before such addresses were refused.
    const env = { IMGCTL_PROFILE_COW_URL: 'http://me:hush-hush@cow.example/v1' };
    const no = await stage.run(['profile', 'remove', 'cow'], { terminal: true, answers: ['n'], env });
    expect(no.stderr).toContain('Remove profile cow (rancher, http://');
    expect(no.stderr).toContain('Nothing is deleted at the provider.');
    expect(no.stderr).not.toContain('hush-hush');
    expect(no.exitCode).toBe(130);
  });

  it('is content with what is not there where that is asked for, alone and among several', async () => {
    await stage.ok(['profile', 'add', 'a', '--provider', 'local']);
    expect(errorOf(await stage.run(['profile', 'remove', 'a', 'nope', '--yes', '--json']))).toMatchObject({ code: 'CONFIG' });
    expect((await stage.ok(['profile', 'remove', 'a', 'nope', '--yes', '--ignore-missing', '-o', 'id'])).stdout).toBe('a\n');
    expect((await stage.ok(['profile', 'remove', 'nope', '--yes', '--ignore-missing', '-o', 'id'])).stdout).toBe('');
  });
});

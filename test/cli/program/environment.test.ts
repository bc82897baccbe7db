import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { driverList } from '../../../src/engine/driver-list.ts';
import { fieldVariable } from '../../../src/profiles/resolve.ts';
import { commandStage, errorOf } from '../../commands/stage.ts';

const stage = commandStage();
const drivers = await Promise.all(driverList.names.map(async (name) => (await driverList.load(name))!));
const source = path.resolve(import.meta.dirname, '../../../src');

/** Names of variables that the code takes from the environment. */
function variablesRead(): readonly string[] {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const found = files.flatMap((name) => {
    const text = readFileSync(path.join(source, name), 'utf8');
    const reads = text.matchAll(/\benv(?:\.|\[')([A-Z][A-Z0-9_]+)/g);
    const named = text.matchAll(/'((?:OS|LINODE|RANCHER|CATTLE|IMGCTL|XDG)_[A-Z0-9_]*[A-Z0-9])'/g);
    return [...reads, ...named].map(([, variable = '']) => variable);
  });
  return [...new Set(found)];
}

describe('variables of the environment', () => {
  it.each([
    [['on', 'ON', 'true', 'True', 'yes', '1', ''], 1],
    [['off', 'OFF', 'false', 'no', 'No', '0'], 0],
  ])('that say yes or no take every usual spelling: %j', async (spellings, journals) => {
    for (const IMGCTL_JOURNAL of spellings) {
      await stage.ok(['create', 'made'], { env: { IMGCTL_JOURNAL } });
      const runs = (await stage.ok(['ops', 'list', '-o', 'json'])).json() as readonly unknown[];
      expect(runs, IMGCTL_JOURNAL).toHaveLength(journals * (spellings.indexOf(IMGCTL_JOURNAL) + 1));
    }
  });

  it('that say yes or no of a profile take them too, and nothing else', async () => {
    const profile = (plainHttp: string) => ({
      IMGCTL_PROFILE_D_PROVIDER: 'oci',
      IMGCTL_PROFILE_D_REGISTRY: '127.0.0.1:1',
      IMGCTL_PROFILE_D_REPOSITORY: 'x',
      IMGCTL_PROFILE_D_PLAIN_HTTP: plainHttp,
    });
    const listed = async (plainHttp: string) => {
      const result = await stage.run(['list', '-p', 'd', '--retries', '0', '--debug'], { env: profile(plainHttp) });
      return [result.exitCode, /(https?):\/\/127/.exec(result.stderr)?.[1]];
    };
    for (const yes of ['true', 'TRUE', '1', 'yes']) expect(await listed(yes), yes).toEqual([9, 'http']);
    for (const no of ['false', 'No', '0', 'off']) expect(await listed(no), no).toEqual([9, 'https']);
    const odd = await stage.run(['list', '-p', 'd'], { env: profile('perhaps') });
    expect([odd.exitCode, odd.stderr]).toEqual([3, expect.stringContaining('plainHttp is neither true nor false: perhaps')]);
  });

  it('are all in the help', async () => {
    const help = (await stage.ok(['help', 'environment'])).stdout;
    const read = variablesRead();
    expect(read.length).toBeGreaterThan(50);
    for (const variable of read) expect(help, variable).toMatch(new RegExp(`\\b${variable}\\b`));
  });

  it.each(drivers.map((driver) => [driver.name, driver] as const))(
    'of a profile at %s, with one letter changed, are warned of',
    async (name, driver) => {
      const profile = { [fieldVariable('d', 'provider')]: name };
      for (const field of Object.keys(driver.profile)) {
        const variable = fieldVariable('d', field);
        const right = await stage.run(['profile', 'list'], { env: { ...profile, [variable]: 'x' } });
        expect(right.stderr).not.toContain('nothing reads it');
        const wrong = variable.replace(/(.)$/, 'Q$1');
        const slip = await stage.run(['profile', 'list'], { env: { ...profile, [wrong]: 'x' } });
        expect(slip.stderr, wrong).toContain(`${wrong} is set, but nothing reads it. Did you mean `);
        expect(slip.stderr).toContain(variable);
      }
    },
  );

  it('of imgctl itself, with one letter changed, are warned of', async () => {
    for (const variable of ['IMGCTL_PROFILE', 'IMGCTL_OUTPUT', 'IMGCTL_TIMEOUT', 'IMGCTL_CONFIG_DIR']) {
      const wrong = variable.replace(/(.)$/, 'Q$1');
      const slip = await stage.ok(['list'], { env: { [wrong]: 'x' } });
      expect(slip.stderr).toContain(`Did you mean ${variable}?`);
      expect((await stage.ok(['list', '-q'], { env: { [wrong]: 'x' } })).stderr).toBe('');
    }
  });

  it('that a field refers to are read', async () => {
    const file = stage.file('lab');
    const env = { IMGCTL_MINE: file };
    await stage.ok(['profile', 'add', 'lab', '--provider', 'local', '--set', 'path=env:IMGCTL_MINE'], { env });
    expect((await stage.ok(['list', '-p', 'lab'], { env })).stderr).not.toContain('nothing reads it');
  });

  it('are named where env:PROVIDER finds nothing set', async () => {
    const failed = errorOf(await stage.run(['profile', 'check', 'env:openstack', '--json']));
    expect(failed).toMatchObject({ code: 'CONFIG', exitCode: 3 });
    expect(failed.hint).toMatch(/OS_CLOUD.*OS_AUTH_URL.*OS_USERNAME.*OS_PASSWORD/);
    for (const driver of drivers.filter(({ profile }) => Object.values(profile).some(({ required }) => required))) {
      const { hint = '', code } = errorOf(await stage.run(['profile', 'check', `env:${driver.name}`, '--json']));
      const required = Object.entries(driver.profile).filter(([, field]) => field.required);
      expect(code).toBe('CONFIG');
      // A field that no other tool has a variable for has one of ours.
      for (const [field, { env }] of required) expect(hint).toContain(env?.[0] ?? fieldVariable(`env:${driver.name}`, field));
    }
  });
});

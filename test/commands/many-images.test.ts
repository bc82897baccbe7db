import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startOci, type OciCloud } from '../clouds/oci/index.ts';
import { startOpenstack, type OpenstackCloud } from '../clouds/openstack/index.ts';
import { commandStage, errorOf, profileVariables } from './stage.ts';

const stage = commandStage();
let openstack: OpenstackCloud;
let oci: OciCloud;
let env: Readonly<Record<string, string>>;
const names = Array.from({ length: 12 }, (_, n) => `web-${n}`);
beforeEach(async () => {
  [openstack, oci] = await Promise.all([startOpenstack(), startOci()]);
  await openstack.seed(names.map((name) => ({ name })));
  await oci.seed(names.map((name) => ({ name })));
  for (const cloud of [openstack, oci]) cloud.forget();
  env = { ...profileVariables('os', 'openstack', openstack.values), ...profileVariables('reg', 'oci', oci.values) };
});
afterEach(() => Promise.all([openstack.stop(), oci.stop()]));

const asked = (cloud: OpenstackCloud | OciCloud, what: RegExp): number =>
  cloud.requests().filter(({ method, path }) => what.test(`${method} ${path}`)).length;

describe('a command with many images of one profile', () => {
  it.each([
    ['show'],
    ['patch', '--tag', 'x'],
    ['deactivate'],
    ['delete', '--yes'],
    ['delete', '--dry-run'],
    ['patch', '--tag', 'x', '--dry-run'],
  ])('signs in once: %s %s', async (verb, ...options) => {
    await stage.ok([verb, ...names.map((name) => `os:${name}`), ...options], { env });
    expect(asked(openstack, /^POST .*\/auth\/tokens$/)).toBe(1);
  });

  it('asks a program for a secret once', async () => {
    const count = stage.file('count');
    const token = `cmd:echo x >> '${count}'; echo ${oci.values['password'] ?? ''}`;
    const asking = { ...env, IMGCTL_PROFILE_REG_PASSWORD: token };
    await stage.ok(['show', ...names.map((name) => `reg:${name}`)], { env: asking });
    expect(stage.read('count').toString()).toBe('x\n');
  });

  it('gives each of a dry run its own plan', async () => {
    const planned = await stage.ok(['delete', ...names, '-p', 'os', '-n', '-o', 'json'], { env });
    const rows = planned.json() as readonly { id: string; name: string; plan: { url: string } }[];
    expect(rows.map(({ name }) => name)).toEqual(names);
    for (const { id, plan } of rows) expect(plan.url).toContain(id);
  });

  it.each([['show'], ['delete', '--yes'], ['patch', '--tag', 'x']])(
    'reads a list once where the provider cannot look for a name: %s',
    async (verb, ...options) => {
      await stage.ok([verb, ...names.map((name) => `reg:${name}`), ...options], { env });
      expect(asked(oci, /^GET .*\/tags\/list/)).toBeLessThan(names.length);
    },
  );

  it('still tells a name that several bear, and one that there is not', async () => {
    await oci.seed([{ name: 'web-3' }]);
    const result = await stage.run(['show', ...names, 'nope', '-p', 'reg', '-o', 'json'], { env });
    expect([result.exitCode, (result.json() as object[]).length]).toEqual([12, names.length - 1]);
    expect(result.stderr).toContain('matches 2 images');
    expect(result.stderr).toContain('no such image in reg: nope');
  });

  it('does an image that is named twice once', async () => {
    const result = await stage.ok(['delete', 'os:web-1', 'os:web-1', '--yes', '-o', 'json'], { env });
    expect(result.json()).toMatchObject([{ image: 'os:web-1', result: 'ok' }]);
  });

  it('refuses a field that a provider has not before any is changed', async () => {
    const refused = await stage.run(['patch', 'os:web-1', 'reg:web-1', '--tag', 'x', '--set', 'nosuch=1', '--json'], { env });
    expect([refused.exitCode, refused.stdout, errorOf(refused).code]).toEqual([2, '', 'USAGE']);
    expect(asked(openstack, /^PATCH/)).toBe(0);
  });
});

it.each([
  ['wait', 'web', '--for', 'active'],
  ['wait', 'web', 'web-2'],
  ['inspect', 'FILE'],
])('%s %s refuses a column that there is not before it begins', async (...args) => {
  const file = stage.file('nosuch.raw');
  const refused = await stage.run([...args.map((arg) => (arg === 'FILE' ? file : arg)), '-c', 'nosuch', '--json']);
  expect([refused.exitCode, errorOf(refused).message]).toEqual([2, expect.stringContaining('nosuch')]);
});

it('list finds a name that holds the signs of a glob by itself, alone and among others', async () => {
  for (const name of ['web[1]', 'web1', 'db{a,b}', 'c\\d']) await stage.queued(name);
  const found = async (...args: readonly string[]) =>
    ((await stage.ok(['list', ...args, '--sort', 'name', '-o', 'json'])).json() as { name: string }[]).map(({ name }) => name);
  expect(await found('web[1]')).toEqual(['web1', 'web[1]']);
  expect(await found('--name', 'db{a,b}')).toEqual(['db{a,b}']);
  expect(await found('web[1]', 'db{a,b}', 'c\\d')).toEqual(['c\\d', 'db{a,b}', 'web1', 'web[1]']);
});

it('list takes each glob in its own profile, and one without a profile in those that are selected', async () => {
  const labs = {
    ...profileVariables('laba', 'local', { path: stage.file('laba') }),
    ...profileVariables('labb', 'local', { path: stage.file('labb') }),
  };
  for (const name of ['laba:web', 'laba:db', 'labb:web', 'labb:db', 'local:web', 'local:db'])
    await stage.ok(['create', name], { env: labs });
  const found = async (...args: readonly string[]) =>
    ((await stage.ok(['list', ...args, '-o', 'json'], { env: labs })).json() as { profile: string; name: string }[])
      .map(({ profile, name }) => `${profile}:${name}`)
      .toSorted();
  expect(await found('laba:web', 'labb:db')).toEqual(['laba:web', 'labb:db']);
  expect(await found('web', 'laba:web')).toEqual(['laba:web', 'local:web']);
  expect(await found('web', 'laba:db', '-p', 'lab*')).toEqual(['laba:db', 'laba:web', 'labb:web']);
  expect(await found('laba:', 'labb:w*')).toEqual(['laba:db', 'laba:web', 'labb:web']);
  expect(await found('-A', 'd?')).toEqual(['laba:db', 'labb:db', 'local:db']);
});

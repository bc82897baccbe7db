import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createContext, openAccount, policyCheck, prune, show, type Account, type Context } from '../../../src/index.ts';
import { startOpenstack, type OpenstackCloud } from '../../clouds/openstack/index.ts';
import { profileVariables, smallDisk } from '../../commands/stage.ts';

const home = mkdtempSync(path.join(tmpdir(), 'imgctl-retirement-'));
const rules = path.join(home, 'rules.yaml');
let cloud: OpenstackCloud;
let ids: readonly string[];
let account: Account;
let contextWith: (confirm?: () => boolean) => Promise<Context>;

beforeAll(async () => {
  cloud = await startOpenstack();
  const env = { HOME: home, ...profileVariables('pcd', 'openstack', cloud.values) };
  contextWith = (confirm) => createContext({ configDir: path.join(home, 'config'), env, confirm });
  account = await openAccount('pcd', await contextWith());
  const data = smallDisk();
  ids = await cloud.seed(
    [1, 2, 3].map((serial) => ({ name: `web-${serial}`, data, properties: { 'imgctl.source.serial': `2026110${serial}` } })),
  );
  writeFileSync(rules, 'version: 1\nrules:\n  - id: third\n    require: { name: "web-3" }\n');
});
afterAll(async () => {
  await cloud.stop();
  rmSync(home, { recursive: true, force: true });
});

describe('prune, of a program', () => {
  const wish = () => ({ images: ['web-*'], managed: ids, keep: 2, unused: true, pollMs: 1 });

  it.each([
    { keep: 0 },
    { keep: Number.NaN },
    { keep: 1.5 },
    { graceMs: Number.NaN },
    { graceMs: -1 },
    { olderThanMs: Number.NaN },
    { maxDelete: Number.NaN },
  ])('takes no number by which images would go that nobody meant: %o', async (odd) => {
    cloud.forget();
    const made = prune(account, { ...wish(), ...odd }, await contextWith(() => true));
    await expect(made).rejects.toMatchObject({ code: 'USAGE' });
    expect(cloud.requests()).toEqual([]);
  });

  it('plans without a change, asks before it retires, and says what became of each', async () => {
    const [first = ''] = ids;
    const silent = await contextWith();
    expect(await prune.plan(account, wish(), silent)).toMatchObject([
      { verb: 'deactivate', risk: 'deactivate', profile: 'pcd', image: first, name: 'web-1' },
    ]);
    await expect(prune(account, wish(), silent)).rejects.toMatchObject({ code: 'USAGE' });
    await expect(prune(account, wish(), await contextWith(() => false))).rejects.toMatchObject({ code: 'ABORTED' });
    expect((await show(account, { image: first }, silent)).status).toBe('active');
    const rows = await prune(account, wish(), await contextWith(() => true));
    expect(Object.fromEntries(rows.map(({ name, action, result }) => [name, [action, result]]))).toEqual({
      'web-1': ['retire', 'ok'],
      'web-2': ['keep', 'ok'],
      'web-3': ['keep', 'ok'],
    });
    expect((await show(account, { image: first }, silent)).status).toBe('inactive');
  });
});

describe('policyCheck, of a program', () => {
  it('gives the violations, and how many images it has looked at', async () => {
    const found = await policyCheck(account, { rules, filters: { name: 'web-[23]' } }, await contextWith());
    expect(found).toMatchObject({ checked: 2, violations: [{ name: 'web-2', rule: 'third', field: 'name', profile: 'pcd' }] });
    expect(await policyCheck(account, { rules, filters: { name: 'none-*' } }, await contextWith())).toEqual({
      checked: 0,
      violations: [],
    });
  });

  it('throws what keeps the rules from being read', async () => {
    const checking = policyCheck(account, { rules: path.join(home, 'nope.yaml') }, await contextWith());
    await expect(checking).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

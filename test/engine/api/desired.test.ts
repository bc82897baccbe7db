import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  apply,
  createContext,
  list,
  openAccount,
  plan,
  type ContextOptions,
  type DesiredRow,
  type LossQuestion,
} from '../../../src/index.ts';
import { startOpenstack, type OpenstackCloud } from '../../clouds/openstack/index.ts';
import { profileVariables, smallDisk } from '../../commands/stage.ts';

let home: string;
let cloud: OpenstackCloud;
beforeEach(async () => {
  home = mkdtempSync(path.join(tmpdir(), 'imgctl-desired-'));
  cloud = await startOpenstack();
  writeFileSync(path.join(home, 'disk.raw'), smallDisk());
});
afterEach(async () => {
  await cloud.stop();
  rmSync(home, { recursive: true, force: true });
});

const file = (name: string): string => path.join(home, name);
const contextWith = (options: ContextOptions = {}) =>
  createContext({
    configDir: file('config'),
    env: {
      HOME: home,
      ...profileVariables('pcd', 'openstack', cloud.values),
      ...profileVariables('pad', 'openstack', cloud.values),
    },
    ...options,
  });
const writeManifest = (more: object = {}): string => {
  const images = [{ name: 'web', source: './disk.raw', targets: ['pcd'], ...more }];
  writeFileSync(file('images.json'), JSON.stringify({ manifest: 'fleet', images }));
  return file('images.json');
};
const names = async (): Promise<readonly string[]> => {
  const context = await contextWith();
  const found: string[] = [];
  for await (const { name, status } of list(await openAccount('pcd', context), {}, context)) found.push(`${name} ${status}`);
  return found.toSorted();
};

describe('plan, of a program', () => {
  it('says what differs, and changes nothing', async () => {
    cloud.forget();
    expect(await plan({ manifest: writeManifest() }, await contextWith())).toMatchObject([
      { action: 'add', image: 'web', profile: 'pcd', irreversible: false },
    ]);
    expect(cloud.requests().filter(({ method, path: at }) => method !== 'GET' && !at.endsWith('/auth/tokens'))).toEqual([]);
  });

  it('has a row of what is not there, and tells it', async () => {
    const told: string[] = [];
    const manifest = writeManifest({ source: './gone.raw' });
    const context = await contextWith({ tell: (event) => event.kind === 'warning' && told.push(event.message) });
    expect(await plan({ manifest }, context)).toMatchObject([{ action: 'blocked', code: 'NOT_FOUND' }]);
    expect(told.join()).toContain('gone.raw');
  });

  it('takes what would stand in a file, as a value or as text', async () => {
    const image = { name: 'web', source: file('disk.raw'), targets: ['pcd'], description: undefined };
    const document = { manifest: 'fleet', images: [image] };
    const told = (rows: readonly DesiredRow[]) => rows.map(({ action, name, profile }) => `${action} ${name} ${profile}`);
    const text = `manifest: fleet\nimages:\n  - { name: web, source: ${file('disk.raw')}, targets: pcd }\n`;
    const context = await contextWith();
    for (const input of [{ manifest: document }, { manifestText: text }, { manifestText: JSON.stringify(document) }])
      expect(told(await plan({ ...input, out: file('plan.json') }, context))).toEqual(['add web pcd']);
    expect(await apply({ plan: file('plan.json') }, context)).toMatchObject([{ result: 'ok' }]);
    expect(await apply({ manifest: document }, context)).toEqual([]);
  });

  it.each([
    [{ manifest: { manifest: 'fleet', images: [{ name: 'web' }] } }, 'manifest: images[0].targets is missing'],
    [{ manifestText: 'manifest: fleet\nimages:\n  - { name: web }\n' }, 'manifest:3: images[0].targets is missing'],
  ])('names the place of a fault in what stands in no file: %o', async (input, message) => {
    await expect(plan(input, await contextWith())).rejects.toMatchObject({
      code: 'CONFIG',
      message: expect.stringContaining(message),
    });
  });

  it('is narrowed to profiles', async () => {
    const manifest = writeManifest({ targets: ['pcd', 'pad'] });
    const rows = await plan({ manifest, profiles: ['pa*'] }, await contextWith());
    expect(rows.map(({ profile }) => profile)).toEqual(['pad']);
  });

  it.each([
    [{ manifest: 'a', fromOim: 'b' }, 'USAGE'],
    [{ manifest: 'a', manifestText: 'b' }, 'USAGE'],
    [{ profiles: [] }, 'USAGE'],
    [{ manifest: 'gone.yaml' }, 'NOT_FOUND'],
  ])('refuses %o', async (input, code) => {
    await expect(plan(input, await contextWith())).rejects.toMatchObject({ code });
  });
});

describe('apply, of a program', () => {
  it('makes it so, and a second time sends nothing', async () => {
    const manifest = writeManifest();
    const context = await contextWith();
    expect(await apply.plan({ manifest }, context)).toMatchObject([{ verb: 'upload', risk: 'add', profile: 'pcd', name: 'web' }]);
    expect(await names()).toEqual([]);
    expect(await apply({ manifest, pollMs: 1 }, context)).toMatchObject([{ action: 'add', result: 'ok', name: 'web' }]);
    expect(await names()).toEqual(['web active']);
    expect(await apply({ manifest, pollMs: 1 }, context)).toEqual([]);
  });

  it('asks before anything goes, and with no one to ask does nothing', async () => {
    for (const seed of [1, 2]) {
      writeFileSync(file('disk.raw'), smallDisk(seed));
      await apply({ manifest: writeManifest(), pollMs: 1 }, await contextWith());
    }
    const input = { manifest: writeManifest({ keep: 1 }), unused: true, pollMs: 1 };
    const before = await names();
    const asked: LossQuestion[] = [];
    const refusing = await contextWith({ confirm: (loss) => asked.push(loss) < 0 });
    await expect(apply(input, await contextWith())).rejects.toMatchObject({ code: 'USAGE' });
    await expect(apply(input, refusing)).rejects.toMatchObject({ code: 'ABORTED' });
    expect([await names(), asked.length]).toEqual([before, 1]);
    expect(asked[0]).toMatchObject({ verb: 'Apply', profile: 'pcd', count: 1, isProtected: false });
    const [going] = (await asked[0]?.images()) ?? [];
    expect(going?.name).toMatch(/^web \(/);
    const rows = await apply(input, await contextWith({ confirm: () => true }));
    expect(rows).toMatchObject([{ action: 'deactivate', id: going?.id, result: 'ok' }]);
    expect((await names()).join()).toMatch(/^web \([0-9T]+\) inactive,web active$/);
  });

  it('does of a plan that was kept what is still so', async () => {
    const manifest = writeManifest();
    const context = await contextWith();
    await plan({ manifest, out: file('plan.json') }, context);
    await cloud.seed([{ name: 'web', data: smallDisk(9) }]);
    expect(await apply({ plan: file('plan.json') }, context)).toMatchObject([
      { action: 'add', result: 'failed', code: 'CONFLICT' },
    ]);
  });

  it.each([{ plan: 'p', manifest: 'm' }, { plan: 'p', unused: true }, { maxDelete: Number.NaN }])('refuses %o', async (input) => {
    await expect(apply(input, await contextWith())).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('does nothing in a context for a dry run', async () => {
    const context = await contextWith({ dryRun: true });
    await expect(apply({ manifest: writeManifest() }, context)).rejects.toMatchObject({ code: 'USAGE' });
    expect(await names()).toEqual([]);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copy, createContext, importImage, openAccount, upload, type Account, type Context } from '../../../src/index.ts';
import { marksOf } from '../../../src/core/marks.ts';
import { startOpenstack, type OpenstackCloud } from '../../clouds/openstack/index.ts';
import { profileVariables, smallDisk } from '../../commands/stage.ts';

const home = mkdtempSync(path.join(tmpdir(), 'imgctl-manage-'));
const disk = path.join(home, 'disk.raw');
let cloud: OpenstackCloud;
let context: Context;
let account: Account;

beforeAll(async () => {
  cloud = await startOpenstack();
  writeFileSync(disk, smallDisk());
  const env = { HOME: home, ...profileVariables('pcd', 'openstack', cloud.values) };
  context = await createContext({ configDir: path.join(home, 'config'), env });
  account = await openAccount('pcd', context);
});
afterAll(async () => {
  await cloud.stop();
  rmSync(home, { recursive: true, force: true });
});

describe('manage, of a program', () => {
  it.each([true, false])('is heard by every call that makes an image: %s', async (manage) => {
    const quick = { manage, pollMs: 1 };
    const [sent, copied, fetched] = ['sent', 'copied', 'fetched'].map((word) => `${word}-${manage}`);
    const made = await upload(account, { from: disk, name: sent, ...quick }, context);
    const copy1 = await copy(account, { image: made.id, to: account, name: copied, relay: true, ...quick }, context);
    const input = { url: 'https://site.example/disk', name: fetched, format: 'raw', ...quick } as const;
    const imported = await importImage(account, input, context);
    const marks = [made, copy1.image, imported].map((image) => marksOf(image).managed);
    expect(marks).toEqual(manage ? ['yes', 'yes', 'yes'] : [undefined, undefined, undefined]);
  });
});

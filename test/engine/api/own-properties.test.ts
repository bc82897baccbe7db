import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copy, create, createContext, importImage, openAccount, patch, setChannel, upload } from '../../../src/index.ts';
import type { Account, Context } from '../../../src/index.ts';
import { startOpenstack, type OpenstackCloud } from '../../clouds/openstack/index.ts';
import { profileVariables, smallDisk } from '../../commands/stage.ts';

const home = mkdtempSync(path.join(tmpdir(), 'imgctl-own-'));
const disk = path.join(home, 'disk.raw');
let cloud: OpenstackCloud;
let context: Context;
let account: Account;
let id: string;

beforeAll(async () => {
  cloud = await startOpenstack();
  writeFileSync(disk, smallDisk());
  const env = { HOME: home, ...profileVariables('pcd', 'openstack', cloud.values) };
  context = await createContext({ configDir: path.join(home, 'config'), env });
  account = await openAccount('pcd', context);
  ({ id } = await upload(account, { from: disk, name: 'web', pollMs: 1 }, context));
  await setChannel(account, { channel: 'web@stable', image: id }, context);
});
afterAll(async () => {
  await cloud.stop();
  rmSync(home, { recursive: true, force: true });
});

describe('what imgctl keeps on images', () => {
  const labels = { properties: { 'imgctl.managed': 'others' } };
  const name = 'x';
  const url = 'https://site.example/disk';

  it.each([
    ['create', () => create(account, { name, labels }, context)],
    ['upload', () => upload(account, { from: disk, name, labels }, context)],
    ['import', () => importImage(account, { url, name, format: 'raw', labels }, context)],
    ['copy', () => copy(account, { image: id, to: account, name, labels }, context)],
    ['patch', () => patch(account, { image: id, changes: labels }, context)],
  ] as const)('is set by no call of a program: %s', async (_verb, call) => {
    await expect(call()).rejects.toMatchObject({ code: 'USAGE', message: 'property imgctl.managed is set by imgctl only' });
  });

  it.each(['imgctl.channel.stable', 'imgctl.channelLog.stable', 'imgctl.managed'])(
    'is taken away by none: %s',
    async (property) => {
      const taken = patch(account, { image: id, changes: { removeProperties: [property] } }, context);
      await expect(taken).rejects.toMatchObject({ code: 'USAGE', message: `property ${property} is removed by imgctl only` });
    },
  );
});

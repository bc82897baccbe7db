import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  channelHistory,
  channels,
  createContext,
  openAccount,
  revoke,
  rollbackChannel,
  setChannel,
  show,
  type Account,
  type Context,
  type ContextOptions,
} from '../../../src/index.ts';
import { startOpenstack, type OpenstackCloud } from '../../clouds/openstack/index.ts';
import { profileVariables, smallDisk } from '../../commands/stage.ts';

const home = mkdtempSync(path.join(tmpdir(), 'imgctl-api-channels-'));
const channel = 'web@stable';
let cloud: OpenstackCloud;
let context: Context;
let account: Account;
let ids: readonly string[] = [];

const contextWith = (options: ContextOptions): Promise<Context> =>
  createContext({
    configDir: path.join(home, 'config'),
    env: { HOME: home, ...profileVariables('pcd', 'openstack', cloud.values) },
    ...options,
  });

beforeAll(async () => {
  cloud = await startOpenstack();
});
beforeEach(async () => {
  ids = await cloud.seed([
    { name: 'web-1', data: smallDisk(1) },
    { name: 'web-2', data: smallDisk(2) },
  ]);
  context = await contextWith({ confirm: () => true });
  account = await openAccount('pcd', context);
  for (const image of ids) await setChannel(account, { channel, image, by: 'ci', reason: 'passed' }, context);
  cloud.forget();
});
afterAll(async () => {
  await cloud.stop();
  rmSync(home, { recursive: true, force: true });
});

const target = async (): Promise<string | undefined> => (await channels(account, { channel }, context))[0]?.id;
const changes = (): readonly string[] =>
  cloud
    .requests()
    .filter(({ method, path: where }) => method !== 'GET' && !where.endsWith('/auth/tokens'))
    .map(({ method }) => method);

describe('channels, called by a program', () => {
  it('point to an image, tell what they pointed to, and go back', async () => {
    const row = { channel, profile: 'pcd', id: ids[1], by: 'ci', reason: 'passed' };
    expect(await channels(account, {}, context)).toMatchObject([row]);
    expect(await rollbackChannel(account, { channel }, context)).toMatchObject([{ id: ids[0], from: ids[1], result: 'ok' }]);
    expect(await target()).toBe(ids[0]);
    const history = await channelHistory(account, { channel }, context);
    expect(history.slice(0, 3).map(({ id, isTarget }) => [id, isTarget])).toEqual([
      [ids[0], true],
      [ids[1], false],
      [ids[0], false],
    ]);
    expect(await show(account, { image: channel }, context)).toMatchObject({ id: ids[0] });
  });

  it('say what they would do, and change nothing for it', async () => {
    const plans = await Promise.all([
      setChannel.plan(account, { channel, image: ids[0] ?? '' }, context),
      rollbackChannel.plan(account, { channel }, context),
      revoke.plan(account, { image: ids[0] ?? '', reason: 'bad' }, context),
    ]);
    const told = plans.map(([action]) => [action?.verb, action?.risk, action?.image]);
    expect(told).toEqual([
      ['channel set', 'property', ids[0]],
      ['channel rollback', 'property', ids[0]],
      ['channel revoke', 'deactivate', ids[0]],
    ]);
    expect(changes()).toEqual([]);
  });

  it('go back where their target is revoked, which somebody has to agree to', async () => {
    const input = { image: channel, reason: 'bad' };
    for (const [options, code] of [
      [{}, 'USAGE'],
      [{ confirm: () => false }, 'ABORTED'],
    ] as const) {
      const where = await contextWith(options);
      await expect(revoke(await openAccount('pcd', where), input, where)).rejects.toMatchObject({ code });
    }
    expect([await target(), changes()]).toEqual([ids[1], []]);
    await revoke(account, input, context);
    expect(await show(account, { image: ids[1] ?? '' }, context)).toMatchObject({ status: 'inactive' });
    expect(await target()).not.toBe(ids[1]);
  });

  it('refuse what is no channel, one that there is not, and an empty reason, before anything is changed', async () => {
    const image = ids[0] ?? '';
    const refused = [
      [() => setChannel(account, { channel: 'web', image }, context), 'USAGE'],
      [() => setChannel(account, { channel, image, reason: ' ' }, context), 'USAGE'],
      [() => revoke(account, { image, reason: '' }, context), 'USAGE'],
      [() => setChannel(account, { channel, image: 'nope' }, context), 'NOT_FOUND'],
      [() => rollbackChannel(account, { channel: 'no@stable' }, context), 'NOT_FOUND'],
      [() => channels(account, { channel: 'no@stable' }, context), 'NOT_FOUND'],
      [() => channelHistory(account, { channel: 'no@stable' }, context), 'NOT_FOUND'],
    ] as const;
    for (const [call, code] of refused) await expect(call()).rejects.toMatchObject({ code });
    expect(changes()).toEqual([]);
  });
});

import { expect } from 'vitest';
import { conflictError, ImgctlError } from '../../src/core/errors.ts';
import type { Image } from '../../src/core/image.ts';
import { channelProperty } from '../../src/core/marks.ts';
import type { Account } from '../../src/engine/account/account.ts';
import { contentCacheOf } from '../../src/engine/account/content-cache.ts';
import { ended } from '../../src/engine/channels/delete.ts';
import { channelTarget, keepsChannels, ownState } from '../../src/engine/channels/look.ts';
import { movedTo, requireChannels } from '../../src/engine/channels/move.ts';
import { before, restoring } from '../../src/engine/channels/state.ts';
import { failureOf, testCall, type Stage, type TestCall } from './stage.ts';

/** The account of a stage, as far as channels need one. `write`: is asked before each change. */
export function accountOf(stage: Pick<Stage, 'open'>, write: () => void = () => undefined): Account {
  const { session } = stage.open();
  const account: Account = {
    ...session,
    key: '',
    isProtected: false,
    reach: 'own',
    memory: contentCacheOf(undefined, []),
    verb(name) {
      const bound = session.require(name);
      if (name !== 'patch') return bound;
      const run = async (request: never, call: never): Promise<unknown> => {
        write();
        return bound.run(request, call) as Promise<unknown>;
      };
      return { ...bound, run } as typeof bound;
    },
    maybe: (name) => session.find(name),
    preview: () => Promise.reject(new Error('nothing is planned here')),
    journaled: () => account,
  };
  return account;
}

/** As a command line makes one: a registry that keeps tags in files answers with 500 while one of them is written. */
export const usualCall = (): TestCall => testCall(undefined, 9);

/** Channels: what an image says of itself is written and read again by each driver as it was, and moves in one step. */
export function channelTests(stage: Stage): void {
  const { driver } = stage;
  if (!driver.facts.patch?.fields.includes('properties')) {
    stage.test('has no channels, and says why', async () => {
      const at = accountOf(stage);
      expect(keepsChannels(at)).toBe(false);
      await failureOf(
        Promise.resolve().then(() => requireChannels(at)),
        'UNSUPPORTED',
      );
      expect(await channelTarget(at, { name: 'web', channel: 'stable' }, 'readable', usualCall())).toBeUndefined();
    });
    return;
  }

  const fresh = () => ({ name: stage.unique('Web 1').slice(0, 40), channel: 'stable' });
  const images = async (count: number): Promise<readonly Image[]> => {
    const all: Image[] = [];
    while (all.length < count) all.push(await stage.show(await stage.active()));
    return all;
  };
  type Channel = ReturnType<typeof fresh>;
  const set = async (at: Account, channel: Channel, id: string, restores?: number): Promise<void> => {
    const state = await ownState(at, channel, usualCall());
    const image = await stage.show(id);
    const why = { by: 'suite', reason: 'ä "quoted", and <more>' };
    await movedTo(at, state, { channel, image, ...why, now: 0, ...(restores === undefined ? {} : { restores }) }, usualCall());
  };
  const read = async (channel: Channel): Promise<string | undefined> =>
    (await channelTarget(accountOf(stage), channel, 'readable', usualCall()))?.id;
  const pointed = async ({ name, channel }: Channel): Promise<readonly string[]> =>
    (await stage.list({ scope: 'own', hidden: true }))
      .filter(({ properties }) => properties[channelProperty(channel)] === name)
      .map(({ id }) => id);

  stage.test('points to an image, and back again, with who has said so when and why', async () => {
    const channel = fresh();
    const [first, second] = await images(2);
    const at = accountOf(stage);
    expect(await read(channel)).toBeUndefined();
    for (const one of [first, second]) await set(at, channel, one?.id ?? '');
    expect([await read(channel), await pointed(channel)]).toEqual([second?.id, [second?.id]]);
    const state = await ownState(at, channel, usualCall());
    expect(state.history.map(({ image, number, by, reason }) => [image.id, number, by, reason])).toEqual([
      [second?.id, 2, 'suite', 'ä "quoted", and <more>'],
      [first?.id, 1, 'suite', 'ä "quoted", and <more>'],
    ]);
    const entry = before(state);
    await set(at, channel, entry?.image.id ?? '', entry && restoring(entry));
    expect([await read(channel), await pointed(channel)]).toEqual([first?.id, [first?.id]]);
  });

  stage.test('has one target at any time for whoever reads all the while', async () => {
    const channel = fresh();
    const [first, second] = await images(2);
    const ids = [first?.id ?? '', second?.id ?? ''];
    await set(accountOf(stage), channel, ids[0] ?? '');
    let isMoving = true;
    const moves = (async () => {
      for (const turn of [1, 0, 1, 0]) await set(accountOf(stage), channel, ids[turn] ?? '');
    })().finally(() => {
      isMoving = false;
    });
    const seen = new Set<string | undefined>();
    while (isMoving) seen.add(await read(channel));
    await moves;
    expect([...seen].filter((id) => !ids.includes(id ?? ''))).toEqual([]);
    expect([await read(channel), await pointed(channel)]).toEqual([ids[0], [ids[0]]]);
  });

  stage.test('has one target wherever a run is killed, and the next run ends what it began', async () => {
    const channel = fresh();
    const [first, second] = await images(2);
    const [one = '', other = ''] = [first?.id, second?.id];
    await set(accountOf(stage), channel, one);
    for (let kill = 0; ; kill += 1) {
      let count = 0;
      const killed = accountOf(stage, () => {
        if (count === kill) throw new ImgctlError('ABORTED', 'killed');
        count += 1;
      });
      const isWhole = await set(killed, channel, other).then(
        () => true,
        (error: unknown) => {
          if (error instanceof ImgctlError && error.code === 'ABORTED') return false;
          throw error;
        },
      );
      expect(await read(channel), `killed at ${kill}`).toBe(kill === 0 ? one : other);
      await set(accountOf(stage), channel, other);
      expect(await pointed(channel), `killed at ${kill}`).toEqual([other]);
      if (isWhole) break;
      await set(accountOf(stage), channel, one);
    }
  });

  stage.test('is deleted with one write, wherever a run is killed, and keeps its history', async () => {
    const channel = fresh();
    const [first, second] = await images(2);
    const [one = '', other = ''] = [first?.id, second?.id];
    for (const id of [one, other]) await set(accountOf(stage), channel, id);
    const occasion = { by: 'suite', reason: 'mistyped', now: 0 };
    for (const kill of [0, Infinity]) {
      let count = 0;
      const killed = accountOf(stage, () => {
        if (count === kill) throw new ImgctlError('ABORTED', 'killed');
        count += 1;
      });
      const work = ended(killed, await ownState(killed, channel, usualCall()), occasion, usualCall());
      if (kill === 0) await failureOf(work, 'ABORTED');
      else await work;
      expect([await read(channel), await pointed(channel)]).toEqual(kill === 0 ? [other, [other]] : [undefined, []]);
    }
    const state = await ownState(accountOf(stage), channel, usualCall());
    expect(state.isDeleted).toBe(true);
    expect(state.history.map(({ image, number, isEnd, reason }) => [image.id, number, isEnd, reason])[0]).toEqual([
      other,
      3,
      true,
      'mistyped',
    ]);
    const entry = before(state);
    await set(accountOf(stage), channel, entry?.image.id ?? '', entry && restoring(entry));
    expect([await read(channel), await pointed(channel)]).toEqual([other, [other]]);
  });

  stage.test('that two move at once is where one of them has put it', async () => {
    const channel = fresh();
    const all = await images(3);
    const [start = '', ...ids] = all.map(({ id }) => id);
    await set(accountOf(stage), channel, start);
    const state = await ownState(accountOf(stage), channel, usualCall());
    const ends = await Promise.allSettled(
      all.slice(1).map((image, now) => movedTo(accountOf(stage), state, { channel, image, now: now * 1000 }, usualCall())),
    );
    for (const end of ends) if (end.status === 'rejected') expect(end.reason).toMatchObject({ code: conflictError('').code });
    expect(ends.some(({ status }) => status === 'fulfilled')).toBe(true);
    const target = await read(channel);
    expect(ids).toContain(target);
    await set(accountOf(stage), channel, target ?? '');
    expect(await pointed(channel)).toEqual([target]);
  });
}

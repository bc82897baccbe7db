import { expect } from 'vitest';
import type { Channel } from '../../src/core/channel.ts';
import { ImgctlError } from '../../src/core/errors.ts';
import type { Projection } from '../../src/core/projection.ts';
import type { Account } from '../../src/engine/account/account.ts';
import { ended } from '../../src/engine/channels/delete.ts';
import { ownState } from '../../src/engine/channels/look.ts';
import { movedTo } from '../../src/engine/channels/move.ts';
import { openSession } from '../support/open-session.ts';
import { accountOf, usualCall } from './channels.ts';
import { testCall, type Stage, type TestCall } from './stage.ts';

/** A reader of the real servers looks on while it moves far more often. */
const moves = 6;

/** What follows a channel at the provider: where a channel leads, it leads too, and to one image at any time. */
export function projectionTests(stage: Stage): void {
  const { driver } = stage;
  /** Somebody else, who has read nothing yet. */
  const fresh = (): Account => accountOf({ open: () => openSession(driver, stage.cloudNow().values, { traced: false }) });
  let channels = 0;
  // In a channel of its own an image can be the target of another test too: who reads a channel reads all images.
  const channel = (): Channel => ({ name: stage.unique('web').slice(0, 40), channel: `stable-${(channels += 1)}` });
  let pair: Promise<readonly [string, string]> | undefined;
  const images = (): Promise<readonly [string, string]> => (pair ??= Promise.all([stage.active(), stage.active()]));
  const look = async (at: Account, one: Channel): Promise<Projection | undefined> => at.projection?.look(one, usualCall());
  const set = async (at: Account, one: Channel, id: string, call: TestCall = usualCall()): Promise<void> => {
    const state = await ownState(at, one, call);
    const image = await at.verb('show').run({ id }, call);
    await movedTo(at, state, { channel: one, image, now: 0 }, call);
  };
  const end = async (at: Account, one: Channel, call: TestCall = usualCall()): Promise<void> =>
    ended(at, await ownState(at, one, call), { now: 0 }, call);

  stage.test('leads where the channel points to, and nowhere once that is deleted', async () => {
    const one = channel();
    const before = await look(fresh(), one);
    expect(before).toEqual({ name: expect.stringContaining(one.name) as string });
    for (const id of await images()) {
      await set(fresh(), one, id);
      expect(await look(fresh(), one)).toEqual({ ...before, id });
    }
    await end(fresh(), one);
    expect(await look(fresh(), one)).toEqual(before);
  });

  stage.test('leads there again once the target was changed, and is no image of its own', async () => {
    const one = channel();
    const [id] = await images();
    const others = (await stage.list({ scope: 'own', hidden: true })).length;
    await set(fresh(), one, id);
    const at = fresh();
    await at.verb('patch').run({ id, changes: { properties: { note: 'changed' } }, extras: {} }, usualCall());
    expect(await look(fresh(), one)).toMatchObject({ id });
    expect(await look(fresh(), one)).not.toHaveProperty('isBehind');
    expect((await stage.list({ scope: 'own', hidden: true })).length).toBe(others);
  });

  stage.test(`leads to one image at any time for whoever reads while the channel moves ${moves} times`, async () => {
    const one = channel();
    const ids = await images();
    await set(fresh(), one, ids[0]);
    let isMoving = true;
    const moving = (async () => {
      for (let turn = 1; turn <= moves; turn += 1) await set(fresh(), one, ids[turn % 2 === 0 ? 0 : 1]);
    })().finally(() => {
      isMoving = false;
    });
    const seen = new Set<string | undefined>();
    const reader = fresh();
    while (isMoving) seen.add((await look(reader, one))?.id);
    await moving;
    expect([...seen].filter((id) => id !== ids[0] && id !== ids[1])).toEqual([]);
    expect(await look(fresh(), one)).toMatchObject({ id: ids[0] });
  });

  if (!stage.cloud.wire) return;

  /** Does something that the wire breaks off, for good, at the request `kill` of those that change something; false where it has none such. */
  async function isKilled(kill: number, work: (call: TestCall) => Promise<void>): Promise<boolean> {
    let changes = 0;
    let isDead = false;
    let isOver = false;
    const on = ({ method }: { readonly method: string }): boolean => {
      if (method !== 'GET' && method !== 'HEAD' && (changes += 1) > kill) isDead = true;
      return isDead && !isOver;
    };
    stage.cloudNow().fail({ kind: 'drop', on, times: Infinity });
    try {
      await work(testCall(undefined, 0));
    } catch (error) {
      if (!(error instanceof ImgctlError)) throw error;
    } finally {
      isOver = true;
    }
    return isDead;
  }

  stage.test('leads to the old or the new image wherever a run is killed, and the next run ends what it began', async () => {
    const one = channel();
    const others = fresh();
    const ids = await images();
    await set(others, one, ids[0]);
    for (let kill = 0, more = true; more; kill += 1) {
      const other = ids[kill % 2 === 0 ? 1 : 0];
      more = await isKilled(kill, (call) => set(fresh(), one, other, call));
      expect(ids, `killed at ${kill}`).toContain((await look(others, one))?.id);
      if (more) await set(others, one, other);
      const now = await look(others, one);
      expect([now?.id, now?.isBehind], `killed at ${kill}`).toEqual([other, undefined]);
    }
  });

  stage.test('is gone once a channel is deleted, wherever a run is killed and the next one ends it', async () => {
    const one = channel();
    const others = fresh();
    const [id] = await images();
    for (let kill = 0, more = true; more; kill += 1) {
      await set(others, one, id);
      more = await isKilled(kill, (call) => end(fresh(), one, call));
      if (more) await end(others, one);
      expect((await look(others, one))?.id, `killed at ${kill}`).toBeUndefined();
    }
    expect((await stage.show(id)).status).toBe('active');
  });
}

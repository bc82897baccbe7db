import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ChannelHistoryRow } from '../../src/core/channel-row.ts';
import { stages, withVerbs } from '../clouds/index.ts';
import type { RunningCloud } from '../conformance/cloud.ts';
import { commandStage, errorOf, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();
const places = withVerbs(Object.entries(stages), 'upload').filter(([, { driver }]) =>
  driver.facts.patch?.fields.includes('properties'),
);

interface Run {
  readonly id: string;
  readonly state: string;
}

describe.each(places)('a channel at %s that a run has moved', (_name, provider) => {
  let cloud: RunningCloud;
  let env: Readonly<Record<string, string>>;
  let ids: readonly string[];
  let channel = '';
  let count = 0;
  beforeAll(async () => {
    cloud = await provider.cloud.start();
    env = profileVariables('to', provider.driver.name, cloud.values);
  });
  afterAll(() => cloud.stop());
  beforeEach(async () => {
    const name = `moved-${(count += 1)}`;
    channel = `${name}@stable`;
    ids = await cloud.seed([1, 2].map((number) => ({ name: `${name}-${number}`, data: smallDisk(count * 10 + number) })));
  });

  const done = (...args: readonly string[]) => stage.ok([...args, '-p', 'to', '--yes'], { env });
  const set = (image: string | undefined) => done('channel', 'set', channel, image ?? '');
  const target = async (): Promise<string> => {
    const found = await stage.run(['resolve', `to:${channel}`], { env });
    return found.exitCode === 0 ? found.stdout.trim() : `exit ${found.exitCode}`;
  };
  const latest = async (): Promise<Run> => {
    const [run] = (await stage.ok(['ops', 'list', '--all', '-o', 'json'], { env })).json() as readonly Run[];
    return run ?? { id: '', state: 'none' };
  };
  const undo = (run: Run, ...more: readonly string[]) => stage.run(['ops', 'undo', run.id, '--json', ...more], { env });
  const undone = async (run: Run, ...more: readonly string[]): Promise<string> => {
    const result = await undo(run, '--poll-interval', '5ms', ...more);
    expect(`${result.exitCode} ${result.stderr}`).toMatch(/^0 /);
    return (result.json() as readonly { readonly message: string }[]).map(({ message }) => message).join('; ');
  };

  it('is where it was before, once, and not where somebody has moved it since', async () => {
    const [first, second] = ids;
    await set(first);
    const begun = await latest();
    await set(second);
    const moved = await latest();
    expect([await undone(moved, '--dry-run'), await target()]).toEqual([`would point ${channel} to ${first}`, second]);
    expect([await undone(moved), await target()]).toEqual([`${channel} is ${first} again`, first]);
    expect([await undone(moved), await target()]).toEqual([`${channel} is ${first} already`, first]);
    const refused = await undo(begun);
    expect([refused.exitCode, await target()]).toEqual([6, first]);
    expect(errorOf(refused)).toMatchObject({ code: 'CONFLICT', hint: expect.stringContaining(`channel history ${channel}`) });
  });

  it('is deleted where it pointed to nothing before, and comes back when that is undone', async () => {
    await set(ids[0]);
    expect(await undone(await latest())).toBe(`${channel} is deleted: it pointed to nothing before`);
    expect([await target(), (await latest()).state]).toEqual(['exit 5', 'done']);
    expect([await undone(await latest()), await target()]).toEqual([`${channel} is ${ids[0]} again`, ids[0]]);
  });

  it('is what it was when its deletion or its rollback is undone', async () => {
    const [first, second] = ids;
    for (const image of [first, second]) await set(image);
    await done('channel', 'delete', channel, '--reason', 'mistyped');
    expect(await target()).toBe('exit 5');
    const history = (await done('channel', 'history', channel, '-o', 'json')).json() as readonly ChannelHistoryRow[];
    expect(history[0]).toMatchObject({ id: second, isEnd: true, isTarget: false, reason: 'mistyped' });
    expect([await undone(await latest()), await target()]).toEqual([`${channel} is ${second} again`, second]);
    await done('channel', 'rollback', channel);
    expect(await target()).toBe(first);
    expect([await undone(await latest()), await target()]).toEqual([`${channel} is ${second} again`, second]);
  });

  it('points to what is revoked no more', async () => {
    const [first, second] = ids;
    for (const image of [first, second]) await set(image);
    const before = (await done('show', `${second}`, '-o', 'json')).json() as { readonly status: string };
    await done('channel', 'revoke', `${second}`, '--reason', 'bad');
    expect(await target()).toBe(first);
    expect([await undone(await latest()), await target()]).toEqual([`no longer revoked; ${channel} is ${second} again`, second]);
    expect((await done('show', `${second}`, '-o', 'json')).json()).toMatchObject({ status: before.status });
  });
});

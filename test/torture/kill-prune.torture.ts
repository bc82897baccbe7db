import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RetirementRow } from '../../src/core/retirement.ts';
import { killedAt, type Ended } from './program.ts';
import { dice, scaled, seed, tally } from './scale.ts';
import { isInService, isRetired, startTargets, targets, type Shown, type Target, type ThreeTargets } from './three-targets.ts';

let site: ThreeTargets;
beforeAll(async () => {
  site = await startTargets();
});
afterAll(() => site.stop());

const channel = 'web@stable';
const grace = ['--grace', '0s'];
/** How many are to be in service besides the one that the channel keeps, and what is typed. */
const stories = {
  'retire and delete': { keep: 2, more: grace },
  'bring back': { keep: 3, more: [] },
} as const;
type Story = keyof typeof stories;

/** Own images of the series, but for the one that the channel keeps. */
const series = async (target: Target): Promise<readonly Shown[]> =>
  (await site.images(target)).filter(({ name }) => name.startsWith('web-') && name !== 'web-stable');
const line = (keep: number, more: readonly string[]): readonly string[] => [
  'prune',
  ...targets.map((target) => `${target}:web-*`),
  ...`--keep ${keep} --unused --yes --poll-interval 20ms`.split(' '),
  ...more,
];

it('a prune that is killed takes nothing that it may not, and is gone on with by the next one', async () => {
  const wrong: string[] = [];
  const roll = dice(seed);
  let versions = 0;
  /** Puts images into all targets, each newer than those before. */
  async function seeded(...names: readonly string[]): Promise<readonly string[]> {
    const ids: string[] = [];
    for (const target of targets) {
      const images = names.map((name, index) => ({
        name,
        data: Buffer.alloc(4096, `${target} ${name}`),
        properties: { 'imgctl.source.serial': String(20_000_000 + versions + index) },
      }));
      ids.push(...(await site.seed(target, images)).map((id) => `${target}:${id}`));
    }
    versions += names.length;
    return ids;
  }
  const newer = async (): Promise<void> => void (await site.ok('patch', ...(await seeded(`web-${versions}`)), '--manage'));
  const prune = (story: Story, atAct?: number): Promise<Ended> =>
    site.program(line(stories[story].keep, stories[story].more), atAct === undefined ? undefined : { atAct });
  /** Makes everything ready for a run in which there is something of its story to do. */
  async function ready(story: Story): Promise<void> {
    if (story === 'retire and delete') return newer();
    // One is retired, and one that is retired already goes.
    await newer();
    await site.ok(...line(2, grace));
  }

  await seeded('other');
  const kept = await seeded('web-stable');
  await site.ok('patch', ...kept, '--manage');
  for (const [index, target] of targets.entries()) await site.ok('channel', 'set', channel, kept[index] ?? '', '-p', target);
  for (const _first of [1, 2, 3]) await newer();
  await site.ok(...line(2, grace));
  const acts = new Map<Story, number>();
  const names = Object.keys(stories) as readonly Story[];
  for (const story of names) {
    await ready(story);
    acts.set(story, (await prune(story, Infinity)).acts);
  }
  const kills = scaled(150, 8);
  for (let round = 0; round < kills; round += 1) {
    const story = names[round % names.length] ?? 'bring back';
    const { keep } = stories[story];
    let before: ReadonlyMap<Target, readonly Shown[]> = new Map();
    await killedAt((round + roll()) / kills, acts.get(story) ?? 0, async (atAct) => {
      await ready(story);
      before = new Map(await Promise.all(targets.map(async (target) => [target, await series(target)] as const)));
      return prune(story, atAct);
    });
    const say = (what: string): void => void wrong.push(`${story} #${round}: ${what}`);
    for (const target of targets) {
      const was = before.get(target) ?? [];
      const now = await series(target);
      for (const { id, name } of was.filter((one) => !isRetired(one)))
        if (!now.some((one) => one.id === id)) say(`${target}: ${name} was deleted in the run that could only retire it`);
      const least = Math.min(keep, was.filter(isInService).length);
      if (now.filter(isInService).length < least) say(`${target}: in service are ${JSON.stringify(now.filter(isInService))}`);
      if ((await site.given(target, channel)) !== 'web-stable') say(`${target}: ${await site.given(target, channel)}`);
    }
    const again = await prune(story);
    if (again.status !== 0) say(`again (${again.status}): ${again.stderr}`);
    const left = (await site.ok(...line(keep, []), '--dry-run')) as readonly RetirementRow[];
    for (const { profile, name, action } of left) if (action !== 'keep') say(`in the end ${profile}:${name} is to be ${action}d`);
    for (const target of targets) {
      const now = await site.images(target);
      const newest = (await series(target)).filter(isInService);
      if (newest.length !== keep) say(`${target}: in the end in service are ${JSON.stringify(newest)}`);
      if (newest.some(isRetired)) say(`${target}: one in service is marked as retired`);
      if (now.some((one) => !isInService(one) && !isRetired(one)))
        say(`${target}: one is out of service, and nothing says by whom`);
      if (!now.some((one) => one.name === 'other' && isInService(one))) say(`${target}: what is not managed was touched`);
    }
  }
  tally(`prune, SIGKILL before an act (${[...acts].map(([story, count]) => `${story}: ${count}`).join(', ')})`, kills, wrong);
  expect(wrong).toEqual([]);
});

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { diskBytes } from '../support/content.ts';
import { killedAt, type Ended } from './program.ts';
import { dice, scaled, seed, tally } from './scale.ts';
import { isInService, startTargets, targets, type Shown, type ThreeTargets } from './three-targets.ts';

let site: ThreeTargets;
beforeAll(async () => {
  site = await startTargets();
});
afterAll(() => site.stop());

const channel = 'web@stable';
const everywhere = targets.flatMap((target) => ['-p', target]);
const isOut = (image: Shown): boolean => image.properties['imgctl.revoked'] !== undefined && !isInService(image);

/** Puts a version into all targets, the same disk in each, and gives its id in the folder. */
async function make(name: string): Promise<string> {
  const file = path.join(site.home.folder, 'disk.raw');
  writeFileSync(file, Buffer.concat([diskBytes('raw', 64 * 1024, 7), Buffer.from(name.padEnd(512))]));
  const { id } = (await site.ok('upload', file, '--name', `folder:${name}`)) as Shown;
  await site.ok('copy', `folder:${name}`, 'cloud', 'registry');
  return id;
}
const set = (name: string): Promise<unknown> => site.ok('channel', 'set', channel, `folder:${name}`, ...everywhere);

/** Names of the images that say that the channel points to them. */
const pointed = (images: readonly Shown[]): string =>
  images
    .filter(({ properties }) => properties['imgctl.channel.stable'] === 'web')
    .map(({ name }) => name)
    .join(' and ');

/** A change of the channel: from which version to which, and what is typed. */
interface Change {
  readonly args: readonly string[];
  readonly from: string;
  readonly to: string;
}

let [now, other] = ['web-a', 'web-b'];
let versions = 0;
/** Each makes everything ready for a change of the channel that points to `now`. */
const changes = {
  async set(): Promise<Change> {
    return { args: ['set', channel, `folder:${other}`, ...everywhere], from: now, to: other };
  },
  async rollback(): Promise<Change> {
    await set(other);
    return { args: ['rollback', channel, ...everywhere], from: other, to: now };
  },
  async revoke(): Promise<Change> {
    const bad = `web-${(versions += 1)}`;
    const id = await make(bad);
    await set(bad);
    const why = ['--reason', 'CVE', '--yes', '--poll-interval', '20ms'];
    // By the channel, or by its id.
    const meant = versions % 2 === 0 ? channel : id;
    return { args: ['revoke', `folder:${meant}`, ...why, ...everywhere], from: bad, to: now };
  },
} satisfies Readonly<Record<string, () => Promise<Change>>>;
type Verb = keyof typeof changes;
const verbs = Object.keys(changes) as readonly Verb[];

it('a channel that a killed run moves is at any moment what can be used, the old or the new, and the new one when it is run again', async () => {
  const wrong: string[] = [];
  const roll = dice(seed);
  const run = ({ args }: Change, atAct?: number): Promise<Ended> =>
    site.program(['channel', ...args], atAct === undefined ? undefined : { atAct });
  for (const name of [other, now]) await make(name);
  for (const name of [other, now]) await set(name);

  /** What is not as it is to be once a change is done. */
  async function leftToDo(verb: Verb, { from, to }: Change): Promise<readonly string[]> {
    const left: string[] = [];
    for (const target of targets) {
      const images = await site.images(target);
      const [image, says] = [await site.given(target, channel), pointed(images)];
      if (image !== to || says !== to) left.push(`${target}: ${channel} is ${image}, and said of ${says}`);
      if (verb === 'revoke' && !images.some((one) => one.name === from && isOut(one))) left.push(`${target}: ${from} is in use`);
    }
    return left;
  }
  const acts = new Map<Verb, number>();
  for (const verb of verbs) {
    const ended = await run(await changes[verb](), Infinity);
    if (ended.status !== 0) throw new Error(`${verb} (${ended.status}): ${ended.stderr}`);
    acts.set(verb, ended.acts);
    if (verb === 'set') [now, other] = [other, now];
  }
  const kills = scaled(150, 6);
  for (let round = 0; round < kills; round += 1) {
    const verb = verbs[round % verbs.length] ?? 'set';
    let change: Change = { args: [], from: now, to: other };
    await killedAt((round + roll()) / kills, acts.get(verb) ?? 0, async (atAct) => {
      await set(now);
      change = await changes[verb]();
      return run(change, atAct);
    });
    const say = (what: string): void => void wrong.push(`${verb} #${round}: ${what}`);
    for (const target of targets) {
      const image = await site.given(target, channel);
      if (image !== change.to && image !== change.from) say(`${target}: ${channel} is ${image}`);
    }
    const again = await run(change);
    if (again.status !== 0) say(`again (${again.status}): ${again.stderr}`);
    for (const left of await leftToDo(verb, change)) say(`in the end ${left}`);
    if (verb === 'set') [now, other] = [other, now];
  }
  tally(`channels, SIGKILL before an act (${[...acts].map(([verb, count]) => `${verb}: ${count}`).join(', ')})`, kills, wrong);
  expect(wrong).toEqual([]);
});

import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeBed, type Bed } from '../clouds/bed.ts';
import { overNetwork, withVerbs } from '../clouds/index.ts';
import { cliHome, type CliHome } from '../support/run-cli.ts';
import { copyProgram, type Program } from './program.ts';
import { complaints, dice, scaled, seed, tally, untilKilled } from './scale.ts';

let home: CliHome;
let program: Program;
beforeAll(() => {
  home = cliHome();
  program = copyProgram(path.join(home.folder, 'program'));
});
afterAll(() => home.remove());

/** Providers that keep marks, and images of one content apart. */
const providers = withVerbs(overNetwork, 'patch', 'delete', 'upload')
  .filter(([, { driver, names }]) => driver.facts.patch?.fields.includes('properties') && names !== 'unique')
  .map(([name]) => name);

interface Row {
  readonly id: string;
  readonly name: string;
  readonly action: string;
}
interface Seen {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly hidden?: boolean;
  readonly properties: Readonly<Record<string, string>>;
}

const prune = ['prune', 'x:web-*', '--unused', '--yes', '-o', 'json', '--poll-interval', '20ms'];
/** What is done first, what is done when death comes, and how many are in service in the end. */
const stories = [
  { name: 'retire and delete', first: ['--keep', '4'], second: ['--keep', '2', '--grace', '0s'], inService: 2 },
  { name: 'bring back', first: ['--keep', '1'], second: ['--keep', '3'], inService: 3 },
] as const;
type Story = (typeof stories)[number];

const images = async (bed: Bed): Promise<readonly Seen[]> =>
  (await bed.run('list', '-p', 'x', '--mine', '--hidden', '-o', 'json')).json() as readonly Seen[];
const isRetired = ({ properties }: Seen): boolean => properties['imgctl.retired'] !== undefined;
const inService = (seen: readonly Seen[]): readonly Seen[] =>
  seen.filter(({ name, status, hidden }) => name.startsWith('web-') && status === 'active' && hidden !== true);

/** Five managed images, a protected one, and one that is not managed; and what the story does first. */
async function prepared(provider: string, { first }: Story): Promise<Bed> {
  const bed = await makeBed({ x: provider });
  const ids: string[] = [];
  for (const name of ['web-1', 'web-2', 'web-3', 'web-4', 'web-5', 'other']) ids.push(await bed.cloud('x').seed(name));
  const done = await bed.run('patch', ...ids.slice(0, 5).map((id) => `x:${id}`), '--manage');
  const before = await bed.run(...prune, ...first);
  if (done.exitCode + before.exitCode !== 0) throw new Error(`${provider}: ${done.stderr}${before.stderr}`);
  bed.cloud('x').proxy.forget();
  return bed;
}

const counts = new Map<string, Promise<number>>();
/** Requests of the run that is let be. */
function requestsOf(provider: string, story: Story): Promise<number> {
  const counting = async (): Promise<number> => {
    const bed = await prepared(provider, story);
    await bed.run(...prune, ...story.second);
    const count = bed.cloud('x').proxy.seen().length;
    await bed.stop();
    return count;
  };
  const key = `${provider} ${story.name}`;
  const known = counts.get(key) ?? counting();
  counts.set(key, known);
  return known;
}

let deaths = 0;

async function oneKill(provider: string, story: Story, number: number): Promise<readonly string[]> {
  const bed = await prepared(provider, story);
  const wrong: string[] = [];
  const say = (what: string): void => void wrong.push(`${provider} ${story.name} #${number}: ${what}`);
  try {
    const roll = dice(seed + number * 7919 + provider.length + story.name.length * 31);
    const at = Math.floor(roll() * (await requestsOf(provider, story)));
    const delayMs = roll() < 0.4 ? 0 : roll() * 25;
    const death = new AbortController();
    const before = await images(bed);
    const mayGo = new Set(before.filter(isRetired).map(({ id }) => id));
    bed.cloud('x').proxy.forget();
    bed.cloud('x').proxy.plan((_request, index) => {
      if (index === at) setTimeout(() => death.abort(), delayMs);
      return undefined;
    });
    const { folder } = bed.home;
    const ended = await program([...prune, ...story.second], { HOME: folder, TMPDIR: folder, ...bed.env }, death.signal);
    await new Promise((resolve) => setTimeout(resolve, 30));
    bed.cloud('x').proxy.plan(undefined);
    if (!ended.killed) return [];
    deaths += 1;
    const dead = await images(bed);
    for (const { id, name } of before)
      if (!mayGo.has(id) && !dead.some((one) => one.id === id)) say(`${name} was deleted in the run that could only retire it`);
    if (inService(dead).length < Math.min(inService(before).length, story.inService))
      say(`${inService(dead).length} are in service`);
    // Whatever was left half done is done by the next run, and the one behind that has nothing to do.
    for (const _again of [1, 2]) {
      const again = await bed.run(...prune, ...story.second);
      if (again.exitCode !== 0) say(`again: ${again.stderr}`);
    }
    const last = await bed.run(...prune, '--keep', String(story.inService));
    for (const { name, action } of last.json() as readonly Row[])
      if (action !== 'keep') say(`in the end ${name} is to be ${action}d`);
    const end = await images(bed);
    if (inService(end).length !== story.inService) say(`in the end ${inService(end).length} are in service`);
    if (end.some((one) => one.status === 'inactive' && !isRetired(one)))
      say('in the end one is out of service, and nothing says by whom');
    if (inService(end).some(isRetired)) say('in the end one in service is marked as retired');
    if (!end.some(({ name, status }) => name === 'other' && status === 'active')) say('what is not managed was touched');
    return wrong;
  } finally {
    await bed.stop();
  }
}

it('a prune that is killed takes nothing that it may not, and the next run ends as it would have', async () => {
  const found: string[] = [];
  const wanted = scaled(240, 24);
  const pairs = providers.flatMap((provider) => stories.map((story) => [provider, story] as const));
  expect(pairs.length).toBeGreaterThanOrEqual(4);
  for (const number of untilKilled(wanted / 8, () => Math.floor(deaths / 8))) {
    const eight = Array.from({ length: 8 }, (_, index) => number * 8 + index);
    const each = await complaints(eight, async (one) => {
      const [provider, story] = pairs[one % pairs.length] ?? [];
      return provider !== undefined && story ? oneKill(provider, story, one) : [];
    });
    found.push(...each);
  }
  tally('kills in prune', deaths, found);
  expect(found).toEqual([]);
});

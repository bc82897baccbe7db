import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DesiredRow } from '../../src/core/desired.ts';
import { diskBytes } from '../support/content.ts';
import { killedAt, type Death, type Ended } from './program.ts';
import { dice, scaled, seed, tally } from './scale.ts';
import { isInService, isRetired, startTargets, targets, type Shown, type Target, type ThreeTargets } from './three-targets.ts';

let site: ThreeTargets;
beforeAll(async () => {
  site = await startTargets();
});
afterAll(() => site.stop());

it('an apply, killed at any moment and run again, ends in the same state; nobody is without the image meanwhile, and nothing goes that is to stay', async () => {
  const wrong: string[] = [];
  const roll = dice(seed);
  const file = path.join(site.home.folder, 'disk.raw');
  const manifest = path.join(site.home.folder, 'images.json');
  const disk = diskBytes('raw', 2 * 1024 * 1024, 7);
  /** Another version of the disk each time, and a label that changes with it. */
  const publish = (version: number): void => {
    writeFileSync(file, Buffer.concat([disk, Buffer.from(`version ${version}`.padEnd(512))]));
    const rules = { channel: 'stable', keep: 2, grace: '0s' };
    const images = [{ name: 'web', source: './disk.raw', targets, properties: { version: String(version) }, ...rules }];
    writeFileSync(manifest, JSON.stringify({ manifest: 'fleet', images }));
  };
  const kept = path.join(site.home.folder, 'plan.json');
  const apply = (death?: Death, isKept = false): Promise<Ended> => {
    const wanted = isKept ? [kept] : ['-f', manifest, '--unused'];
    return site.program(['apply', ...wanted, '--yes', '-q', '--poll-interval', '20ms'], death);
  };
  const images = async (target: Target): Promise<readonly Shown[]> =>
    (await site.images(target)).filter(({ name }) => name.startsWith('web'));
  let version = 0;
  const next = (): void => publish((version += 1));
  // From the fourth on each one retires a version, and deletes the one that the last has retired.
  for (const _first of [1, 2, 3]) {
    next();
    await apply();
  }
  next();
  const { acts } = await apply({ atAct: Infinity });
  const kills = scaled(200, 8);
  for (let round = 0; round < kills; round += 1) {
    // Every other one does a plan that was kept.
    const isKept = round % 2 === 1;
    let before: ReadonlyMap<Target, readonly Shown[]> = new Map();
    await killedAt((round + roll()) / kills, acts, async (atAct) => {
      before = new Map(await Promise.all(targets.map(async (target) => [target, await images(target)] as const)));
      next();
      if (isKept) await site.ok('plan', '-f', manifest, '--unused', '--out', kept);
      return apply({ atAct }, isKept);
    });
    const say = (what: string): void => void wrong.push(`#${round}${isKept ? ' (kept)' : ''}: ${what}`);
    // Between its name going over and coming back there is none of the name, and none of the images that are to stay is gone.
    for (const target of targets) {
      const now = await images(target);
      const gone = (before.get(target) ?? []).filter((one) => !isRetired(one) && !now.some(({ id }) => one.id === id));
      if (gone.length > 0) say(`${target}: gone is ${gone.map(({ name }) => name).join(', ')}`);
      if (now.filter(isInService).length < 2) say(`${target}: in use can be ${JSON.stringify(now.filter(isInService))}`);
      const given = await site.given(target, 'web@stable');
      if (!given.startsWith('web')) say(`${target}: the channel gives ${given}`);
    }
    const again = await apply(undefined, isKept);
    if (again.status !== 0) say(`again (${again.status}): ${again.stderr}`);
    const left = (await site.ok('plan', '-f', manifest, '--unused')) as readonly DesiredRow[];
    const undone = left.filter(({ retirement }) => retirement !== 'delete');
    if (undone.length > 0) say(`then there is left to do: ${JSON.stringify(undone)}`);
    for (const target of targets) {
      const now = await images(target);
      const plain = now.filter(({ name }) => name === 'web');
      if (plain.length !== 1 || plain[0]?.status !== 'active') say(`${target}: ${JSON.stringify(plain)}`);
      const contents = now.map(({ contentId }) => contentId);
      if (new Set(contents).size !== contents.length) say(`${target}: made twice, or of unknown content: ${JSON.stringify(now)}`);
      const half = now.filter((one) => !isInService(one) && !isRetired(one));
      if (half.length > 0) say(`${target}: half-made is ${JSON.stringify(half)}`);
      if (now.filter(isInService).length !== 2) say(`${target}: two are to be in use: ${JSON.stringify(now)}`);
      if ((await site.given(target, 'web@stable')) !== 'web') say(`${target}: the channel has not moved`);
    }
  }
  tally(`apply, SIGKILL before one of its ${acts} acts`, kills, wrong);
  expect(wrong).toEqual([]);
});

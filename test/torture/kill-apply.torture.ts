import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fieldVariable } from '../../src/profiles/resolve.ts';
import { stageOf } from '../clouds/index.ts';
import type { RunningCloud } from '../conformance/cloud.ts';
import { diskBytes } from '../support/content.ts';
import { cliHome, type CliHome } from '../support/run-cli.ts';
import { copyProgram, type Death, type Ended, type Program } from './program.ts';
import { dice, scaled, seed, tally } from './scale.ts';

interface Shown {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly contentId?: string;
}

const targets = ['folder', 'cloud', 'registry'];
let home: CliHome;
let program: Program;
let env: Readonly<Record<string, string>>;
const clouds: RunningCloud[] = [];
beforeAll(async () => {
  home = cliHome();
  program = copyProgram(path.join(home.folder, 'program'));
  const profile = (
    name: string,
    provider: string,
    values: Readonly<Record<string, string>>,
  ): Readonly<Record<string, string>> => ({
    [fieldVariable(name, 'provider')]: provider,
    ...Object.fromEntries(Object.entries(values).map(([field, value]) => [fieldVariable(name, field), value])),
  });
  const fake = async (provider: string): Promise<Readonly<Record<string, string>>> => {
    const cloud = await stageOf(provider).cloud.start();
    clouds.push(cloud);
    return cloud.values;
  };
  env = {
    ...profile('folder', 'local', { path: path.join(home.folder, 'store') }),
    ...profile('cloud', 'openstack', await fake('openstack')),
    ...profile('registry', 'oci', await fake('oci')),
  };
});
afterAll(async () => {
  await Promise.all(clouds.map((cloud) => cloud.stop()));
  await home.remove();
});

it('an apply, killed at any moment and run again, ends in the same state, and nobody is without the image meanwhile', async () => {
  const wrong: string[] = [];
  const roll = dice(seed);
  const file = path.join(home.folder, 'disk.raw');
  const manifest = path.join(home.folder, 'images.json');
  const disk = diskBytes('raw', 2 * 1024 * 1024, 7);
  /** Another version of the disk each time, and a label that changes with it. */
  const publish = (version: number): void => {
    writeFileSync(file, Buffer.concat([disk, Buffer.from(`version ${version}`.padEnd(512))]));
    const images = [{ name: 'web', source: './disk.raw', targets, properties: { version: String(version) } }];
    writeFileSync(manifest, JSON.stringify({ manifest: 'fleet', images }));
  };
  const apply = (death?: Death): Promise<Ended> =>
    program(
      ['apply', '-f', manifest, '--yes', '-q', '--poll-interval', '20ms'],
      { HOME: home.folder, TMPDIR: home.folder, ...env },
      death,
    );
  const images = async (profile: string): Promise<readonly Shown[]> =>
    ((await home.run(['list', '-p', profile, '--hidden', '-o', 'json'], { env })).json() as readonly Shown[]).filter(({ name }) =>
      name.startsWith('web'),
    );
  let version = 0;
  const next = (): void => publish((version += 1));
  // The first one finds no image that bears the name.
  next();
  await apply();
  next();
  const { acts } = await apply({ atAct: Infinity });
  const kills = scaled(500, 10);
  let killed = 0;
  for (let round = 0; round < kills; round += 1) {
    const before = new Map(await Promise.all(targets.map(async (target) => [target, await images(target)] as const)));
    next();
    const ended = await apply({ atAct: 1 + Math.floor(((round + roll()) / kills) * acts) });
    if (!ended.killed) continue;
    killed += 1;
    const say = (what: string): void => void wrong.push(`#${round}: ${what}`);
    // Between its name going over and coming back there is none of the name, and none of the images is gone.
    for (const target of targets) {
      const now = await images(target);
      const gone = (before.get(target) ?? []).filter(({ contentId }) => !now.some((one) => one.contentId === contentId));
      if (gone.length > 0) say(`${target}: gone is ${gone.map(({ name }) => name).join(', ')}`);
      if (!now.some(({ status }) => status === 'active')) say(`${target}: nothing can be used`);
    }
    const again = await apply();
    if (again.status !== 0) say(`again (${again.status}): ${again.stderr}`);
    const checked = await home.run(['plan', '-f', manifest, '--check', '-o', 'json'], { env });
    if (checked.exitCode !== 0) say(`then (${checked.exitCode}): ${checked.stdout}`);
    for (const target of targets) {
      const now = await images(target);
      const plain = now.filter(({ name }) => name === 'web');
      if (plain.length !== 1 || plain[0]?.status !== 'active') say(`${target}: ${JSON.stringify(plain)}`);
      const contents = now.map(({ contentId }) => contentId);
      if (new Set(contents).size !== contents.length) say(`${target}: made twice, or of unknown content: ${JSON.stringify(now)}`);
      const half = now.filter(({ status }) => status !== 'active');
      if (half.length > 0) say(`${target}: half-made is ${JSON.stringify(half)}`);
    }
  }
  tally(`apply, SIGKILL before one of its ${acts} acts`, killed, wrong);
  expect(wrong).toEqual([]);
  expect(killed).toBeGreaterThan(kills / 2);
});

import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drivers } from '../../src/drivers/index.ts';
import { driverList } from '../../src/engine/driver-list.ts';
import { makeBed, type Bed } from '../clouds/bed.ts';
import { profileVariables, smallDisk } from './stage.ts';
import { inTurns } from '../support/sweep.ts';

const loaded = await Promise.all(Object.keys(drivers).map(async (name) => ({ name, driver: await driverList.load(name) })));
const takers = loaded.flatMap(({ name, driver }) =>
  driver?.facts.upload ? [{ name, files: driver.worksOnFiles, facts: driver.facts.upload }] : [],
);

type Taker = (typeof takers)[number];
/** Those from which an image with properties can be copied. */
const sources = takers.filter(
  ({ name, facts }) =>
    facts.fields.includes('properties') && loaded.some((one) => one.name === name && one.driver?.facts.download),
);

/** What users call properties; one at least that each provider keeps for itself, and one that refers to its cloud. */
const properties: Readonly<Record<string, string>> = {
  stores: '3',
  locations: 'fra',
  os_glance_note: 'y',
  kernel_id: '0a1b2c3d-0000-4000-8000-000000000001',
  'owner_specified.rack': '7',
  os_distro: 'debian',
  'aws:rack': '7',
};

let bed: Bed;
let env: Readonly<Record<string, string>>;
/** Two accounts at each provider that takes images: `xNAME`, from which is copied, and `yNAME`. */
beforeAll(async () => {
  const profiles = takers.flatMap((taker) => ['x', 'y'].map((end) => ({ ...taker, profile: `${end}${taker.name}` })));
  bed = await makeBed(Object.fromEntries(profiles.flatMap(({ files, profile, name }) => (files ? [] : [[profile, name]]))));
  const folders = profiles.filter(({ files }) => files);
  env = Object.assign(
    { ...bed.env },
    ...folders.map(({ profile, name }) => profileVariables(profile, name, { path: path.join(bed.home.folder, profile) })),
  );
});
afterAll(() => bed.stop());

async function ok(...args: readonly string[]) {
  const result = await bed.home.run(args, { env });
  expect(`${result.exitCode} ${result.stderr}`, args.join(' ')).toMatch(/^0 /);
  return result;
}

async function propertiesAt(image: string): Promise<Readonly<Record<string, string>>> {
  const shown = (await ok('show', image, '-o', 'json')).json() as { properties?: Record<string, string> };
  return Object.fromEntries(Object.entries(shown.properties ?? {}).filter(([name]) => !name.startsWith('imgctl.')));
}

/** The properties that are said to stay behind, of the copy to one profile, in the order in which they are named. */
const toldOf = (stderr: string, prefix: string): readonly string[] =>
  stderr.split('\n').flatMap((line) => {
    if (!line.includes(`${prefix}not copied, `)) return [];
    const [, names] = /\bproperties ([^;]*)/.exec(line) ?? [];
    return names?.split(', ') ?? [];
  });

let count = 0;
/** An image with all properties that may be set there. */
async function planted(source: Taker): Promise<string> {
  const image = `x${source.name}:p-${(count += 1)}`;
  const given = Object.entries(properties).filter(([name]) => source.facts.reserved?.test(name) !== true);
  await ok(
    'upload',
    bed.file('seed', smallDisk()),
    '--name',
    image,
    ...given.flatMap(([name, value]) => ['--property', `${name}=${value}`]),
  );
  return image;
}

/** What is not in the copy as it was. */
const missing = (had: Readonly<Record<string, string>>, has: Readonly<Record<string, string>>): readonly string[] =>
  Object.keys(had)
    .filter((name) => has[name] !== had[name])
    .sort();

it('there is a source, and each provider that keeps names for itself has one of them here', () => {
  expect(sources.length).toBeGreaterThan(0);
  for (const { name, facts } of takers)
    if (facts.reserved) expect([name, Object.keys(properties).some((key) => facts.reserved?.test(key))]).toEqual([name, true]);
});

describe('a property of a copied image that stays behind is named, once', () => {
  it.each(sources.slice(0, 1))('from $name to one target', async (source) => {
    const image = await planted(source);
    const had = await propertiesAt(image);
    for (const { name } of takers) {
      const { stderr } = await ok('copy', '--poll-interval', '10ms', image, `y${name}:one-${count}`);
      expect([...toldOf(stderr, '')].sort(), name).toEqual(missing(had, await propertiesAt(`y${name}:one-${count}`)));
    }
  });

  it.each(inTurns(sources, 3))('from $name to several targets', async (source) => {
    const image = await planted(source);
    const had = await propertiesAt(image);
    const targets = takers.map(({ name }) => `y${name}:all-${count}`);
    const { stderr } = await ok('copy', '--poll-interval', '10ms', image, ...targets);
    for (const target of targets)
      expect([...toldOf(stderr, `${target}: `)].sort(), target).toEqual(missing(had, await propertiesAt(target)));
  });
});

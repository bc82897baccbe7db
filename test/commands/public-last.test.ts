import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Driver, Session } from '../../src/core/driver.ts';
import { driverList } from '../../src/engine/driver-list.ts';
import type { DriverList } from '../../src/engine/context.ts';
import { stages, withVerbs } from '../clouds/index.ts';
import type { RunningCloud } from '../conformance/cloud.ts';
import { commandStage, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();
const places = withVerbs(Object.entries(stages), 'upload', 'patch').filter(([, { driver }]) =>
  driver.facts.patch?.fields.includes('visibility'),
);

/** What was done, in order. */
let seen: string[] = [];
/** The last thing that a provider says of what it has. */
let tampered: Readonly<Record<string, string>> | undefined;

/** A driver that tells who may see an image at each step. */
function watched(driver: Driver): Driver {
  const watch = (session: Session): Session => {
    const find: Session['find'] = (name) => {
      const bound = session.find(name);
      if (!bound || (name !== 'upload' && name !== 'patch')) return bound;
      const run = bound.run as (request: object, call: unknown) => Promise<object>;
      const tell = (description: Record<string, unknown> = {}): void => {
        const { visibility, properties } = description;
        seen.push(`${name} ${String(visibility ?? (properties ? 'properties' : ''))}`);
      };
      const { begin } = bound as {
        readonly begin?: (request: { description?: Record<string, unknown> }, call: unknown) => unknown;
      };
      return {
        ...bound,
        ...(begin
          ? {
              begin(request: { description?: Record<string, unknown> }, call: unknown) {
                tell(request.description);
                return begin(request, call);
              },
            }
          : {}),
        async run(request: { description?: Record<string, unknown>; changes?: Record<string, unknown> }, call: unknown) {
          tell(request.description ?? request.changes);
          const image = await run(request, call);
          return name === 'upload' && tampered ? { ...image, checksums: tampered } : image;
        },
      } as typeof bound;
    };
    return { ...session, find, require: (name) => find(name) ?? session.require(name) };
  };
  return { ...driver, open: (...given) => watch(driver.open(...given)) };
}
const drivers: DriverList = {
  ...driverList,
  load: (name) => driverList.load(name)?.then(watched),
};

describe.each(places)('an image that everybody shall see in %s', (_name, { driver, cloud: kind }) => {
  let cloud: RunningCloud;
  let env: Readonly<Record<string, string>>;
  beforeAll(async () => {
    cloud = await kind.start();
  });
  afterAll(() => cloud.stop());
  beforeEach(async () => {
    env = profileVariables('to', driver.name, cloud.values);
    await stage.ok(['upload', stage.write('disk', smallDisk()), '--name', 'local:web', '--visibility', 'public']);
    [seen, tampered] = [[], undefined];
  });
  const ways = {
    upload: () => ['upload', stage.file('disk'), '--name', 'to:web', '--visibility', 'public', '--if-exists', 'rename'],
    copy: () => ['copy', '--relay', 'local:web', 'to:web', '--visibility', 'public', '--if-exists', 'rename'],
  };

  it.each(Object.entries(ways))('is seen by nobody before it is verified (%s)', async (_verb, words) => {
    const { json } = await stage.ok([...words(), '-o', 'json'], { env, drivers });
    expect(json()).toMatchObject({ visibility: 'public' });
    // Nobody sees it before all of it is entered, under its digest.
    if (driver.facts.upload?.appearsWhole) return expect(driver.facts.upload.digests).not.toEqual([]);
    expect([seen[0], seen.at(-1)]).toEqual(['upload private', 'patch public']);
  });

  it.each(Object.entries(ways))('was never public where other bytes arrived (%s)', async (_verb, words) => {
    const [algorithm] = driver.facts.upload?.digests ?? [];
    if (algorithm === undefined || driver.facts.upload?.appearsWhole) return expect(seen).toEqual([]);
    tampered = { [algorithm]: '0'.repeat(algorithm === 'sha512' ? 128 : 64) };
    const refused = await stage.run(words(), { env, drivers });
    expect([refused.exitCode, seen.filter((step) => step.endsWith('public'))], refused.stderr).toEqual([11, []]);
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import { publishers } from '../../src/drivers/index.ts';
import { stageOf } from '../clouds/index.ts';
import type { RunningCloud } from '../conformance/cloud.ts';
import { publisher } from '../support/publisher.ts';
import { commandStage, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();
let cloud: RunningCloud | undefined;
afterEach(() => cloud?.stop());

/** Publishers who sign, each with another name that it has. */
const signing = await Promise.all(
  Object.entries(publishers).map(async ([name, { driver, aliases = [], load }]) => {
    const { fields, keys } = await load();
    return { names: [name, ...aliases], driver, signs: keys !== undefined || fields.signer !== undefined };
  }),
);
const cases = signing
  .flatMap(({ names, driver, signs }) => names.map((name) => [name, driver, signs] as const))
  // A variable cannot tell these from names with other signs in them.
  .filter(([name]) => /^[a-z]+$/.test(name));

describe('a profile that bears the name of a publisher', () => {
  it.each(cases)('and no keys says so where its images are read: %s of %s (signs: %s)', async (name, driver, signs) => {
    cloud = await stageOf(driver).cloud.start();
    const [id = ''] = await cloud.seed([{ name: 'web', data: smallDisk() }]);
    const copied = async (profile: string, more: Readonly<Record<string, string>> = {}): Promise<string> => {
      const env = profileVariables(profile, driver, { ...cloud?.values, ...more });
      await stage.ok(['list', `${profile}:`], { env });
      return (await stage.ok(['copy', `${profile}:${id}`, 'local:x', '--if-exists', 'rename'], { env })).stderr;
    };
    const warning = `profile ${name} names no keys, and hides the publisher`;
    const told = await copied(name);
    expect(told.includes(warning), told).toBe(signs);
    expect(await copied('mine')).not.toContain('hides');
    expect(await copied(name, { verify: 'checksum' })).not.toContain('hides');
    const { exitCode } = await stage.run(['copy', `${name}:${id}`, 'local:y'], {
      env: profileVariables(name, driver, { ...cloud.values, keyring: publisher('Images').key }),
    });
    expect(exitCode, 'nothing here is signed').toBe(11);
  });
});

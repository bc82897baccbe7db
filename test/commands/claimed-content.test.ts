import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { contentIdProperty } from '../../src/core/image.ts';
import local from '../../src/drivers/local/index.ts';
import openstack from '../../src/drivers/openstack/index.ts';
import { startOpenstack, type OpenstackCloud } from '../clouds/openstack/index.ts';
import { testCall } from '../conformance/stage.ts';
import { qcow2Image } from '../support/disk-images.ts';
import { openSession } from '../support/open-session.ts';
import { commandStage, profileVariables, smallDisk } from './stage.ts';
import { inTurns } from '../support/sweep.ts';

const stage = commandStage();
let cloud: OpenstackCloud;
let env: Readonly<Record<string, string>>;
beforeEach(async () => {
  cloud = await startOpenstack();
  env = {
    ...profileVariables('here', 'local', { path: stage.file('here') }),
    ...profileVariables('seed', 'local', { path: stage.file('seed') }),
    ...profileVariables('pcd', 'openstack', cloud.valuesFor('demo')),
  };
});
afterEach(() => cloud.stop());

interface Made {
  readonly id: string;
  readonly contentId: string;
}
const disks = { raw: (seed: number) => smallDisk(seed), qcow2: (seed: number) => qcow2Image(smallDisk(seed)) } as const;
type Form = keyof typeof disks;

const run = (...args: readonly string[]) => stage.run([...args, '-o', 'json'], { env });
/** Uploads the disk of a seed in a form. */
const made = async (profile: string, form: Form, seed: number): Promise<Made> =>
  (
    await stage.ok(['upload', stage.write('disk', disks[form](seed)), '--name', `${profile}:web`, '-o', 'json'], { env })
  ).json() as Made;

/** As another tool does it, or a cloud that hands properties on to a snapshot. */
async function claims(profile: string, id: string, contentId: string): Promise<void> {
  const { session } =
    profile === 'pcd' ? openSession(openstack, cloud.valuesFor('demo')) : openSession(local, { path: stage.file(profile) });
  await session.require('patch').run({ id, changes: { properties: { [contentIdProperty]: contentId } }, extras: {} }, testCall());
}

/** Sends the disk of seed 2 with `skip`, by upload or by copy. */
async function sent(verb: 'upload' | 'copy', profile: string, form: Form) {
  if (verb === 'copy') return run('copy', 'seed:web', profile, '--if-exists', 'skip');
  return run('upload', stage.write('disk', disks[form](2)), '--name', `${profile}:web`, '--if-exists', 'skip');
}

const forms: readonly Form[] = ['raw', 'qcow2'];
const cases = (['upload', 'copy'] as const).flatMap((verb) =>
  forms.flatMap((there) => forms.map((form) => [verb, there, form] as const)),
);

describe.each(inTurns(cases, 5))(
  '%s of a disk with --if-exists skip, where there is a %s and a %s is at hand',
  (verb, there, form) => {
    it.each(['here', 'pcd'])('takes no content id of %s for a proof', async (profile) => {
      const { contentId } = await made('seed', form, 2);
      const { id } = await made(profile, there, 1);
      await claims(profile, id, contentId);
      const { exitCode, stderr } = await sent(verb, profile, form);
      // What lies near is read; of what is far the digest shows it where there is but one form of the disk.
      const isShown = profile === 'here' || (there === 'raw' && form === 'raw');
      expect(exitCode, stderr).toBe(isShown ? 6 : 0);
      if (!isShown) expect(stderr).toContain(`not verified: ${id}`);
    });

    it.each(['here', 'pcd'])('finds the same disk in %s, and says so where that could not be proved', async (profile) => {
      await made('seed', form, 2);
      const { id } = await made(profile, there, 2);
      const { exitCode, stderr } = await sent(verb, profile, form);
      expect(exitCode, stderr).toBe(0);
      expect(stderr.includes(`not verified: ${id}`)).toBe(profile === 'pcd' && there !== form);
    });
  },
);

import { execFile, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fieldVariable } from '../../src/profiles/resolve.ts';
import { testCall } from '../conformance/stage.ts';
import { guestDisk, MiB } from '../support/disk-images/guest.ts';
import { cliHome } from '../support/run-cli.ts';
import { valuesFor, type User } from './real-cloud.ts';
import { as, bed, missing, show, unique, uploaded } from './site.ts';

const client = spawnSync('openstack', ['--version'], { encoding: 'utf8' });
const lacking = missing ?? (client.status === 0 ? undefined : 'there is no program openstack (python3-openstackclient)');
if (lacking !== undefined && missing === undefined)
  process.stderr.write(`\n!! IMGCTL IS NOT COMPARED WITH OPENSTACKCLIENT: ${lacking}\n\n`);

const home = cliHome();
afterAll(() => home.remove());
const disk = path.join(home.folder, 'disk.raw');
writeFileSync(disk, guestDisk(MiB, 7));

const imgctl = (user: User, args: readonly string[]) => {
  const fields = Object.entries({ provider: 'openstack', ...valuesFor(bed, user) });
  return home.run([...args, '-p', 'x'], {
    env: Object.fromEntries(fields.map(([name, value]) => [fieldVariable('x', name), value])),
  });
};

/** What openstackclient says. Never rejects: how it ended is for the test to judge. */
const openstack = (user: User, args: readonly string[]): Promise<{ failed: boolean; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    const { authUrl = '', username = '', password = '', project = '' } = valuesFor(bed, user);
    const env = {
      PATH: process.env.PATH,
      HOME: home.folder,
      OS_AUTH_URL: authUrl,
      OS_USERNAME: username,
      OS_PASSWORD: password,
      OS_PROJECT_NAME: project,
      OS_USER_DOMAIN_NAME: 'Default',
      OS_PROJECT_DOMAIN_NAME: 'Default',
      OS_REGION_NAME: 'RegionOne',
      OS_IDENTITY_API_VERSION: '3',
    };
    execFile('openstack', ['image', ...args], { env }, (error, stdout, stderr) =>
      resolve({ failed: error !== null, stdout, stderr }),
    );
  });

/** Whose images bear the name, beside one's own, and who asks. */
const scenes: readonly (readonly [string, User, (name: string) => Promise<unknown>])[] = [
  ['a community image of another project', 'demo', (name) => uploaded({ name, visibility: 'community' }, 'alt')],
  ['a public image', 'demo', (name) => uploaded({ name, visibility: 'public' }, 'admin')],
  ["another project's private image", 'admin', (name) => uploaded({ name, visibility: 'private' }, 'demo')],
];

type Scene = { readonly user: User; readonly name: string; readonly own: string; readonly other: string };

async function scene(user: User, plant: (name: string) => Promise<unknown>): Promise<Scene> {
  const name = unique('same');
  const own = await uploaded({ name, visibility: 'shared' }, user);
  // The other one is the newer of the two.
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const other = (await plant(name)) as { readonly id: string };
  return { user, name, own: own.id, other: other.id };
}

/** What a change would show in, of an image that may be gone. */
const state = async (id: string): Promise<string> => {
  const image = await show(id, 'admin').catch(() => undefined);
  const members =
    image?.visibility === 'shared' ? await as('admin').require('share').run({ id, action: 'list' }, testCall()) : [];
  return image ? JSON.stringify([image.status, image.properties.touched, members.length, image.places]) : 'gone';
};

const project = bed.projects.reader ?? 'f'.repeat(32);
/** Everyday operations by name, in both programs' words: which image they reach shows in what changes, or in what is printed. */
const operations: Readonly<
  Record<string, { readonly ours: (name: string) => string[]; readonly theirs?: (name: string) => string[] }>
> = {
  show: { ours: (name) => ['show', name, '-o', 'id'], theirs: (name) => ['show', name, '-f', 'value', '-c', 'id'] },
  save: { ours: (name) => ['download', name, path.join(home.folder, name)], theirs: (name) => ['save', '--file', path.join(home.folder, `${name}.osc`), name] }, // prettier-ignore
  set: { ours: (name) => ['patch', name, '--property', 'touched=1'], theirs: (name) => ['set', name, '--property', 'touched=1'] },
  deactivate: { ours: (name) => ['deactivate', name], theirs: (name) => ['set', name, '--deactivate'] },
  delete: { ours: (name) => ['delete', name, '--yes'], theirs: (name) => ['delete', name] },
  share: { ours: (name) => ['share', name, '--with', project], theirs: (name) => ['add', 'project', name, project] },
  'the newest': { ours: (name) => ['resolve', name, '--latest'] },
  replicate: { ours: (name) => ['replicate', name, '--to', 'cheap', '--no-wait'] },
};

async function reached({ own, other }: Scene, act: () => Promise<string>): Promise<'own' | 'other' | 'none'> {
  const before = [await state(own), await state(other)];
  const printed = await act();
  const after = [await state(own), await state(other)];
  if (before[1] !== after[1] || printed.includes(other)) return 'other';
  return before[0] !== after[0] || printed.includes(own) ? 'own' : 'none';
}

describe.skipIf(lacking !== undefined)(
  lacking === undefined ? 'beside openstackclient' : `beside openstackclient (not compared: ${lacking})`,
  () => {
    for (const [what, user, plant] of scenes)
      for (const [operation, { ours, theirs }] of Object.entries(operations))
        it(`${operation} by name, where there is ${what}, reaches the same image or none`, async () => {
          if (operation === 'replicate' && user !== 'admin') return;
          const [here, there] = [await scene(user, plant), await scene(user, plant)];
          let said = '';
          let code = 0;
          const we = await reached(here, async () => {
            const run = await imgctl(user, ours(here.name));
            [said, code] = [run.stderr, run.exitCode];
            return run.stdout;
          });
          const they = theirs && (await reached(there, async () => (await openstack(user, theirs(there.name))).stdout));
          expect(we, said).not.toBe('other');
          if (operation !== 'save') expect(we === 'none' ? code : 0, said).toBe(we === 'none' ? 6 : 0);
          if (they === 'own' && operation !== 'save') expect(['own', 'none'], said).toContain(we);
        });

    it('list and create are the same where strangers have images of the name', async () => {
      const here = await scene('demo', (name) => uploaded({ name, visibility: 'community' }, 'alt'));
      const theirs = (await openstack('demo', ['list', '--name', here.name, '-f', 'value', '-c', 'ID'])).stdout.trim();
      expect((await imgctl('demo', ['list', '--name', here.name, '-o', 'id'])).stdout.trim()).toBe(theirs);
      const squat = unique('squat');
      await uploaded({ name: squat, visibility: 'community' }, 'alt');
      const made = await imgctl('demo', ['upload', disk, '--name', squat, '--disk-format', 'raw', '-o', 'id']);
      expect([0, 6], made.stderr).toContain(made.exitCode);
      const also = await openstack('demo', ['create', squat, '--disk-format', 'raw', '--file', disk]);
      expect(also.failed, also.stderr).toBe(false);
    });
  },
);

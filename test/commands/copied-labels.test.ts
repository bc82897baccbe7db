import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startLinode, type RunningLinode } from '../clouds/linode/index.ts';
import { startOci } from '../clouds/oci/index.ts';
import { startOpenstack, type OpenstackCloud } from '../clouds/openstack/index.ts';
import type { RunningCloud } from '../conformance/cloud.ts';
import { commandStage, errorOf, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();
let clouds: { openstack: OpenstackCloud; linode: RunningLinode; oci: RunningCloud };
let env: Readonly<Record<string, string>>;
beforeEach(async () => {
  clouds = { openstack: await startOpenstack(), linode: await startLinode({ workMs: 5 }), oci: await startOci() };
  const { openstack, linode, oci } = clouds;
  // Regions of one realm fetch from each other.
  openstack.two.site.elsewhere = () => smallDisk();
  env = {
    ...profileVariables('here', 'local', { path: stage.file('here') }),
    ...profileVariables('there', 'local', { path: stage.file('there') }),
    ...profileVariables('one', 'openstack', openstack.valuesFor('root')),
    ...profileVariables('two', 'openstack', { ...openstack.valuesFor('root'), region: 'RegionTwo' }),
    ...profileVariables('lin', 'linode', linode.values),
    ...profileVariables('reg', 'oci', oci.values),
  };
});
afterEach(async () => {
  for (const cloud of Object.values(clouds)) await cloud.stop();
});

type Shown = Readonly<Record<string, unknown>>;
const visibilities = ['private', 'shared', 'community', 'public'] as const;
const sources = ['here', 'one', 'reg'];
const targets = ['there', 'one', 'two', 'lin', 'reg'];

describe('a label that is kept until the copy is whole', () => {
  const copy = async (...more: readonly string[]) =>
    stage.run(['copy', 'here:web', 'demo:web', ...more, '-o', 'json'], {
      env: { ...env, ...profileVariables('demo', 'openstack', clouds.openstack.valuesFor('demo')) },
    });

  it('and is refused, was copied without it where it only went along, and fails where it was asked for', async () => {
    await source('here', 'public');
    const along = await copy();
    expect([along.exitCode, (along.json() as Shown).visibility]).toEqual([0, 'private']);
    expect(along.stderr).toContain('but without visibility public');
    clouds.openstack.forget();
    const asked = await copy('--visibility', 'public', '--if-exists', 'rename');
    expect([asked.exitCode, asked.stdout, errorOf(asked)]).toMatchObject([4, '', { code: 'AUTH' }]);
    // Who may not is told before the bytes are sent, and nothing is left.
    expect(clouds.openstack.requests().filter(({ method }) => method === 'PUT')).toEqual([]);
    expect(errorOf(asked).leftover).toBeUndefined();
  });

  it('is not put on an image that was there already', async () => {
    await source('here', 'private');
    const [first, again] = [await copy(), await copy('--if-exists', 'skip', '--protect')];
    expect([again.exitCode, (again.json() as Shown).id]).toEqual([0, (first.json() as Shown).id]);
    expect(again.json()).toMatchObject({ protected: false });
  });
});

const labels = {
  description: 'golden',
  architecture: 'aarch64',
  minDiskBytes: 2 * 2 ** 30,
  minRamBytes: 512 * 2 ** 20,
  tags: ['blessed'],
};
const options = ['--description', 'golden', '--architecture', 'aarch64', '--min-disk', '2GiB', '--min-ram', '512MiB', '--tag', 'blessed', '--property', 'tier=1']; // prettier-ignore
const quick = ['--poll-interval', '5ms'];
const source = async (at: string, visibility: string): Promise<Shown> =>
  (
    await stage.ok(
      ['upload', stage.write('seed', smallDisk()), '--name', `${at}:web`, ...options, '--visibility', visibility, '-o', 'json'],
      { env },
    )
  ).json() as Shown;
const shown = async (at: string, id: unknown): Promise<Shown> =>
  (await stage.ok(['show', '-p', at, String(id), '-o', 'json'], { env })).json() as Shown;
/** Who could see a new record of Glance's from its first moment on. */
const firstVisibilities = (): readonly unknown[] =>
  clouds.openstack.requests().flatMap(({ method, path, body }) => (method === 'POST' && path.endsWith('/v2/images') ? [(JSON.parse(body) as Shown).visibility] : [])); // prettier-ignore

describe('a copied image', () => {
  for (const from of sources)
    for (const to of targets)
      it(`from ${from} to ${to} has every field, or it is said which it has not`, async () => {
        const made = await source(from, 'private');
        clouds.openstack.forget();
        for (const route of to === 'two' || to === 'there' ? [[], ['--relay']] : [[]]) {
          const copied = await stage.ok(['copy', `${from}:web`, `${to}:copied`, '--if-exists', 'rename', '-o', 'json', ...quick, ...route], { env });
          const there = await shown(to, (copied.json() as Shown).id);
          const [, told = ''] = /not copied, unsupported by \w+: (.*)/.exec(copied.stderr) ?? [];
          for (const [field, value] of Object.entries(labels)) {
            const word = field.replace('Bytes', '');
            if (told.includes(word)) expect(there[field], field).not.toEqual(value);
            else expect(there[field], `${field}: ${copied.stderr}`).toEqual(value);
          }
          if (told.includes('properties')) expect(there.properties).not.toHaveProperty('tier');
          else expect(there.properties).toMatchObject({ tier: '1' });
          if (made.visibility === 'private' && to !== 'lin') expect(there.visibility).toBe('private');
        }
        for (const visibility of firstVisibilities()) expect(visibility).toBe('private');
      }); // prettier-ignore

  it.each(visibilities)('that is %s is so at the end, and no more than that before', async (visibility) => {
    await source('one', visibility);
    clouds.openstack.forget();
    for (const [to, ...route] of [['two'], ['two', '--relay'], ['there']]) {
      const copied = await stage.ok(['copy', 'one:web', `${to ?? ''}:copied`, '--if-exists', 'rename', '-o', 'json', ...quick, ...route], { env });
      expect((copied.json() as Shown).visibility, `${to ?? ''} ${route.join('')}`).toBe(visibility);
    }
    const first = visibility === 'shared' ? 'shared' : 'private';
    expect(firstVisibilities()).toEqual([first, first]);
  }); // prettier-ignore

  it('gets the labels that are given, beside and over its own, from its first moment', async () => {
    await source('here', 'private');
    const given = ['--tag', 'prod', '--property', 'tier=2', '--property', 'k=v', '--description', 'new', '--visibility', 'public', '--protect', '--hide', '--min-disk', '3GiB']; // prettier-ignore
    for (const to of ['there', 'one', 'reg']) {
      const copied = await stage.ok(['copy', 'here:web', `${to}:copied`, '-o', 'json', ...quick, ...given], { env });
      expect(copied.json(), to).toMatchObject({
        description: 'new',
        tags: ['blessed', 'prod'],
        properties: { tier: '2', k: 'v' },
        visibility: 'public',
        protected: true,
        hidden: true,
        minDiskBytes: 3 * 2 ** 30,
        architecture: 'aarch64',
      });
    }
    const [made] = clouds.openstack.requests().filter(({ method, path }) => method === 'POST' && path.endsWith('/v2/images'));
    expect(JSON.parse(made?.body ?? '{}')).toMatchObject({ tags: ['blessed', 'prod'], tier: '2', visibility: 'private', os_hidden: true });
    expect((await stage.run(['copy', 'here:web', 'lin:copied', '--property', 'a=b'], { env })).exitCode).toBe(7);
  }); // prettier-ignore
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandStage, profileVariables } from '../commands/stage.ts';
import { missing as noPublishers, startPublishers, type Publishers } from './published/bed.ts';
import { valuesFor } from './real-cloud.ts';
import { missing as noRegistry, startRegistry, type Registry } from './registry/bed.ts';
import { valuesFor as registryValues } from './registry/cloud.ts';
import { bed, missing as noGlance, unique } from './site.ts';

const stage = commandStage();
const lacking = noPublishers ?? noRegistry ?? noGlance;

interface Row {
  readonly action: string;
  readonly profile: string;
  readonly result?: string;
}
interface Shown {
  readonly id: string;
  readonly name: string;
  readonly profile: string;
  readonly properties: Readonly<Record<string, string>>;
}

describe.skipIf(lacking !== undefined)(
  lacking === undefined ? 'a manifest for real clouds' : `a manifest for real clouds (not run: ${lacking})`,
  () => {
    let publishers: Publishers;
    let registry: Registry;
    beforeAll(async () => {
      publishers = await startPublishers();
      registry = await startRegistry();
    }, 120_000);
    afterAll(async () => {
      await registry.stop();
      publishers.stop();
    });

    const targets = ['glancea', 'glanceb', 'registry', 'folder'];
    const source = (path: string) => ({ url: `${publishers.at.URL ?? ''}${path}`, keyring: publishers.at.KEYRING ?? '' });
    const env = (): Readonly<Record<string, string>> => ({
      ...profileVariables('ubuntu', 'simplestreams', source('/ubuntu/releases/')),
      ...profileVariables('rollback', 'simplestreams', source('/x/rollback/ubuntu/releases/')),
      ...profileVariables('glancea', 'openstack', valuesFor(bed, 'demo')),
      ...profileVariables('glanceb', 'openstack', valuesFor(bed, 'demo', 'RegionTwo')),
      ...profileVariables('registry', 'oci', registryValues(registry)),
      ...profileVariables('folder', 'local', { path: stage.file('store') }),
      ...profileVariables('down', 'oci', { registry: '127.0.0.1:9', repository: 'x', plainHttp: 'true' }),
    });
    const run = async (verb: 'plan' | 'apply', image: object, ...more: readonly string[]) => {
      const manifest = stage.write('images.json', JSON.stringify({ manifest: 'live', images: [{ targets, ...image }] }));
      const yes = verb === 'apply' ? ['--yes', '--poll-interval', '100ms'] : [];
      const result = await stage.run([verb, '-f', manifest, '-o', 'json', ...yes, ...more], { env: env() });
      return { ...result, rows: (result.stdout === '' ? [] : result.json()) as readonly Row[] };
    };
    const applied = async (image: object): Promise<readonly string[]> => {
      const { exitCode, stderr, rows } = await run('apply', image);
      expect(`${exitCode} ${stderr}`).toMatch(/^0 /);
      return rows.map(({ profile, action, result }) => `${profile} ${action} ${result}`).toSorted();
    };
    const each = (...actions: readonly string[]): readonly string[] =>
      targets.flatMap((target) => actions.map((action) => `${target} ${action} ok`)).toSorted();
    const images = async (name: string): Promise<readonly Shown[]> =>
      (await Promise.all(targets.map(async (target) => stage.ok(['list', '-p', target, '-o', 'json'], { env: env() })))).flatMap(
        (result) => (result.json() as readonly Shown[]).filter((image) => image.name.startsWith(name)),
      );
    const fetched = (): number => publishers.requests().filter(({ url }) => url.endsWith('.img')).length;

    it('is made so once; then a label, a new serial, what was deleted, and no byte more', async () => {
      const name = unique('noble');
      const old = { name, source: 'rollback:noble' };
      const now = { name, source: 'ubuntu:noble' };
      expect(await applied(old)).toEqual(each('add'));
      expect(fetched()).toBe(1);
      expect([await applied(old), fetched()]).toEqual([[], 1]);

      const labelled = { ...old, properties: { tier: 'gold' } };
      expect([await applied(labelled), fetched()]).toEqual([each('property'), 1]);

      const first = await images(name);
      expect(await applied({ ...now, properties: { tier: 'gold' } })).toEqual(each('add', 'retarget'));
      const then = await images(name);
      for (const target of targets) {
        const serials = then
          .filter(({ profile }) => profile === target)
          .map((image) => [image.name, image.properties['imgctl.source.serial']]);
        expect(Object.fromEntries(serials)).toEqual({ [name]: '20261120', [`${name} (20261101)`]: '20261101' });
      }
      const kept = first.filter(({ profile }) => profile.startsWith('glance')).map(({ id }) => id);
      expect(then.map(({ id }) => id)).toEqual(expect.arrayContaining(kept));
      const before = fetched();
      expect([await applied({ ...now, properties: { tier: 'gold' } }), fetched()]).toEqual([[], before]);

      const gone = then.find((image) => image.profile === 'glanceb' && image.name === name);
      await stage.ok(['delete', `glanceb:${gone?.id}`, '--yes'], { env: env() });
      expect(await applied({ ...now, properties: { tier: 'gold' } })).toEqual(['glanceb add ok']);
      const checked = await run('plan', { ...now, properties: { tier: 'gold' } }, '--check');
      expect([checked.exitCode, checked.rows]).toEqual([0, []]);
    });

    it('is made so where it can, when one target is down', async () => {
      const image = { name: unique('down'), source: 'ubuntu:noble', targets: ['glancea', 'down'] };
      const { exitCode, rows } = await run('apply', image, '--retries', '0');
      expect([exitCode, rows.map(({ profile, result }) => `${profile} ${result}`).toSorted()]).toEqual([
        12,
        ['down failed', 'glancea ok'],
      ]);
      expect((await run('plan', image, '--check', '--retries', '0')).exitCode).toBe(12);
    });
  },
);

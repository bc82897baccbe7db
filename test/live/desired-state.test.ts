import { describe, expect, it } from 'vitest';
import type { RetirementRow } from '../../src/core/retirement.ts';
import { titled } from './daemon.ts';
import { diskBytes, fleet, missing, targets, type Target } from './fleet/fleet.ts';
import type { Seen } from './fleet/official.ts';
import { unique } from './site.ts';

const patchType = 'application/openstack-images-v2.1-json-patch';

interface Row {
  readonly profile: string;
  readonly action: string;
  readonly result: string;
}

/*
 * The life of an image in five places, one story behind the other, on what the last one left. What imgctl says is held against what
 * somebody else's client sees: Glance's API, skopeo, and Incus's own.
 */
describe.skipIf(missing !== undefined)(
  titled('a manifest for a Glance of two regions, a registry, an Incus and a folder', missing),
  () => {
    const site = fleet();
    const name = unique('noble');
    /** What the manifest says at the moment. */
    let wanted: Readonly<Record<string, unknown>> = { properties: { tier: 'gold' }, channel: 'stable' };
    const serials: string[] = [];

    const manifest = (): string =>
      site.write(
        'images.json',
        JSON.stringify({ manifest: 'live', images: [{ name, source: `publisher:${name}`, targets, ...wanted }] }),
      );
    async function apply(...more: readonly string[]): Promise<{ exitCode: number; stderr: string; rows: readonly string[] }> {
      const args = ['apply', '-f', manifest(), '--yes', '--unused', '--poll-interval', '100ms', '-o', 'json', ...more];
      const { exitCode, stderr, stdout } = await site.run(...args);
      const rows = stdout === '' ? [] : (JSON.parse(stdout) as readonly Row[]);
      return { exitCode, stderr, rows: rows.map(({ profile, action, result }) => `${profile} ${action} ${result}`).toSorted() };
    }
    /** The rows of an apply that ends well. */
    async function applied(): Promise<readonly string[]> {
      const { exitCode, stderr, rows } = await apply();
      expect(`${exitCode} ${stderr}`).toMatch(/^0 /);
      return rows;
    }
    const inEach = (actions: readonly string[], where: readonly Target[] = targets): readonly string[] =>
      where.flatMap((target) => actions.map((action) => `${target} ${action} ok`)).toSorted();
    const everywhere = async <T>(look: (seen: readonly Seen[], target: Target) => T): Promise<Readonly<Record<Target, T>>> => {
      const each = targets.map(async (target) => [target, look(await site.seen(target, name), target)] as const);
      return Object.fromEntries(await Promise.all(each)) as Record<Target, T>;
    };
    const same = <T>(value: T): Readonly<Record<Target, T>> =>
      Object.fromEntries(targets.map((target) => [target, value])) as Record<Target, T>;
    const serialOf = ({ properties }: Seen): number => serials.indexOf(properties['imgctl.source.serial'] ?? '');
    const versions = (seen: readonly Seen[]): readonly string[] =>
      seen.map((one) => `${one.name.replace(name, 'noble')} ${serialOf(one)}`).toSorted();

    /** The version that the channel points to, as the properties tell it. */
    const pointed = (seen: readonly Seen[]): readonly number[] =>
      seen.filter(({ properties }) => properties['imgctl.channel.stable'] === name).map(serialOf);
    const ids = (seen: readonly Seen[]): readonly string[] => seen.map(({ id }) => id).toSorted();
    const one = async (target: Target, version: number): Promise<Seen> => {
      const found = (await site.seen(target, name)).find((image) => serialOf(image) === version);
      if (!found) throw new Error(`${target} has no version ${version}`);
      return found;
    };
    const channel = `${name}@stable`;
    const inAll = targets.flatMap((target) => ['-p', target]);

    /** Takes back what the latest run has changed. */
    async function undo(): Promise<void> {
      const [run] = (await site.ok('ops', 'list', '--all')) as readonly { readonly id: string }[];
      await site.ok('ops', 'undo', run?.id ?? '', '--yes', '--poll-interval', '100ms');
    }

    it('first apply: it is everywhere, and was fetched once', async () => {
      serials.push(await site.publish(name));
      expect([await applied(), site.fetched()]).toEqual([inEach(['add', 'retarget']), 1]);
      expect(await everywhere(versions)).toEqual(same(['noble 0']));
      expect(await everywhere(pointed)).toEqual(same([0]));
    });

    it('second apply: nothing changes, and no disk is fetched or sent', async () => {
      const before = await everywhere((seen) => seen);
      site.sent();
      expect([await applied(), site.fetched()]).toEqual([[], 1]);
      expect(Math.max(...Object.values(site.sent()))).toBeLessThan(diskBytes / 100);
      expect(await everywhere((seen) => seen)).toEqual(before);
    });

    it('property drift: what another client has changed is put right, and nothing else', async () => {
      const { incus, glanceb } = await everywhere(([seen]) => seen?.id ?? '');
      await site.incus.official('incus', 'image', 'set-property', `lab:${incus}`, 'tier', 'lead');
      await site.glance('glanceb')('PATCH', `/images/${glanceb}`, [{ op: 'remove', path: '/tier' }], patchType);
      const tiers = () => everywhere(([seen]) => seen?.properties.tier);
      expect(await tiers()).toEqual({ ...same('gold'), incus: 'lead', glanceb: undefined });
      expect(await applied()).toEqual(inEach(['property'], ['glanceb', 'incus']));
      expect(await tiers()).toEqual(same('gold'));
    });

    it('image deleted by hand: it is made anew where it is gone, and the channel points to it', async () => {
      const before = await everywhere(ids);
      await site.glance('glancea')('DELETE', `/images/${before.glancea[0]}`);
      await site.incus.official('incus', 'image', 'delete', `lab:${before.incus[0]}`);
      expect(await applied()).toEqual(inEach(['add', 'retarget'], ['glancea', 'incus']));
      expect([await everywhere(versions), await everywhere(pointed)]).toEqual([same(['noble 0']), same([0])]);
      const now = await everywhere(ids);
      expect(now.glancea).not.toEqual(before.glancea);
      for (const target of ['glanceb', 'registry', 'folder'] as const) expect(now[target], target).toEqual(before[target]);
    });

    it('name rotated: another name is for the same images', async () => {
      const before = await everywhere(ids);
      for (const [displayName, shown] of [
        ['{{name}} LTS', 'noble LTS 0'],
        ['{{name}}', 'noble 0'],
      ]) {
        wanted = { ...wanted, displayName };
        expect(await applied()).toEqual(inEach(['property']));
        expect([await everywhere(versions), await everywhere(ids)]).toEqual([same([shown]), before]);
      }
    });

    it('new serial: it gets the name and the channel, and the older one keeps its id', async () => {
      const before = await everywhere(ids);
      serials.push(await site.publish(name));
      const fetched = site.fetched();
      expect([await applied(), site.fetched()]).toEqual([inEach(['add', 'retarget', 'retarget']), fetched + 1]);
      expect(await everywhere(versions)).toEqual(same([`noble (${serials[0]}) 0`, 'noble 1']));
      expect(await everywhere(pointed)).toEqual(same([1]));
      for (const target of targets)
        expect(ids(await site.seen(target, name)), target).toEqual(expect.arrayContaining([...before[target]]));
    });

    it('target down: the rest is done, and it follows once it is up again', async () => {
      serials.push(await site.publish(name));
      await site.registry().kill();
      const rest = targets.filter((target) => target !== 'registry');
      const { exitCode, rows } = await apply('--retries', '0');
      const done = inEach(['add', 'retarget', 'retarget'], rest);
      expect([exitCode, rows]).toEqual([12, [...done, 'registry unknown failed'].toSorted()]);
      await site.registry().start();
      expect(await applied()).toEqual(inEach(['add', 'retarget', 'retarget'], ['registry']));
      expect(await everywhere(pointed)).toEqual(same([2]));
      expect(await applied()).toEqual([]);
    });

    it('channel moved and rolled back: it points to the version before, and apply leaves it there', async () => {
      await site.ok('channel', 'rollback', channel, ...inAll, '--reason', 'does not boot');
      const launched = JSON.parse(
        await site.incus.official('incus', 'image', 'list', `lab:${channel}`, '--format', 'json'),
      ) as readonly {
        fingerprint: string;
      }[];
      expect(launched.map(({ fingerprint }) => fingerprint)).toEqual([(await one('incus', 1)).id]);
      expect([await everywhere(pointed), await applied()]).toEqual([same([1]), []]);
      expect(await everywhere(pointed)).toEqual(same([1]));
      await site.ok('channel', 'set', channel, `glancea:${(await one('glancea', 2)).id}`, ...inAll);
      expect(await everywhere(pointed)).toEqual(same([2]));
      await undo();
      expect(await everywhere(pointed)).toEqual(same([1]));
      await undo();
      expect(await everywhere(pointed)).toEqual(same([2]));
    });

    it('revoked: it is out of use, the channel is the version before, and apply says that nobody is to have it', async () => {
      const bad = await one('glancea', 2);
      const before = await everywhere((seen) => seen.map(({ inService }) => inService));
      const revoke = () => site.ok('channel', 'revoke', `glancea:${bad.id}`, ...inAll, '--reason', 'CVE-2026-1', '--yes');
      await revoke();
      await undo();
      expect([await everywhere(pointed), await everywhere((seen) => seen.map(({ inService }) => inService))]).toEqual([
        same([2]),
        before,
      ]);
      await revoke();
      expect(await everywhere(pointed)).toEqual(same([1]));
      const out = await everywhere((seen) => seen.filter(({ inService }) => !inService).map(serialOf));
      // Incus has no way to block an image.
      expect(out).toEqual({ ...same([2]), incus: [] });
      expect(await everywhere((seen) => seen.flatMap(({ properties }) => properties['imgctl.revoked'] ?? []))).toEqual(
        same(['CVE-2026-1']),
      );
      await expect(site.glance('glancea')('GET', `/images/${bad.id}/file`)).rejects.toThrow('403');
      const { exitCode, rows, stderr } = await apply();
      expect([exitCode, rows]).toEqual([12, targets.map((target) => `${target} blocked failed`).toSorted()]);
      expect(stderr).toContain('was revoked: CVE-2026-1');
    });

    it('pruned with a running user: what an instance was made from stays, and goes when that is gone', async () => {
      await site.incus.server('incus').stoppedInstance('user', 'default', { 'volatile.base_image': (await one('incus', 0)).id });
      const prune = async (): Promise<readonly string[]> => {
        const rules = ['--keep', '1', '--grace', '0s', '--unused', '--yes', '--poll-interval', '100ms'];
        const rows = (await site.ok(
          'prune',
          ...targets.map((target) => `${target}:${name}*`),
          ...rules,
        )) as readonly RetirementRow[];
        return rows
          .filter(({ action }) => action !== 'keep')
          .map(({ profile, action }) => `${profile} ${action}`)
          .toSorted();
      };
      const others = targets.filter((target) => target !== 'incus');
      expect(await prune()).toEqual(others.map((target) => `${target} retire`).toSorted());
      await undo();
      expect(await prune()).toEqual(others.map((target) => `${target} retire`).toSorted());
      expect(await prune()).toEqual(others.map((target) => `${target} delete`).toSorted());
      const left = [`noble (${serials[1]}) 1`, 'noble 2'];
      expect(await everywhere(versions)).toEqual({ ...same(left), incus: [`noble (${serials[0]}) 0`, ...left] });
      await site.incus.official('incus', 'delete', 'lab:user');
      expect([await prune(), await prune()]).toEqual([['incus retire'], ['incus delete']]);
      expect(await everywhere(versions)).toEqual(same(left));
    });
  },
);

import { draws, fc } from '../support/draws.ts';
import { describe, expect, it } from 'vitest';
import type { DesiredRow } from '../../src/core/desired.ts';
import { imageFrom, type Image, type Status } from '../../src/core/image.ts';
import type { Abilities, Seen, Wanted } from '../../src/engine/desired/case.ts';
import { decide } from '../../src/engine/desired/decide.ts';
import { decideRetirement } from '../../src/engine/desired/retirement.ts';

/** An image of a model cloud: what is in it, whose it is, and whether a run had begun it only. */
interface Held {
  readonly id: string;
  readonly name: string;
  readonly content: string;
  readonly serial: string;
  readonly status: Status;
  readonly by: 'ours' | 'begun' | 'others';
  readonly tags: readonly string[];
  readonly places: readonly string[];
  /** It is marked as wanted whatever is newer. */
  readonly isWanted?: boolean | undefined;
}

const wanted = (serial: string, more: Partial<Wanted> = {}): Wanted => ({
  image: 'web',
  profile: 'pcd',
  name: 'web',
  version: serial,
  content: serial,
  properties: { 'imgctl.source.serial': serial },
  labels: { tags: ['blessed'] },
  places: ['a'],
  isExactly: false,
  allowDowngrade: false,
  ...more,
});
const able: Abilities = { patch: ['name', 'tags', 'properties', 'hidden'], marks: true, delete: true, replicate: true };

const imageOf = ({ id, name, serial, status, tags, places, isWanted }: Held): Image =>
  imageFrom(
    {
      id,
      name,
      status,
      providerStatus: status,
      tags,
      properties: {
        'imgctl.source.serial': serial,
        ...(isWanted ? { 'imgctl.wanted': 'yes', 'imgctl.marksOf': id } : {}),
      },
      places: places.map((place) => ({ name: place, status: 'active' })),
      createdAt: `2026-11-${id.padStart(2, '0')}T00:00:00Z`,
      raw: {},
    },
    { profile: 'pcd', provider: 'model' },
  );
const seenIn = (cloud: readonly Held[], { content }: Wanted): readonly Seen[] =>
  cloud.map((one) => ({
    image: imageOf(one),
    isOurs: one.by === 'ours',
    isBegun: one.by === 'begun',
    isSame: one.content === content && one.status !== 'queued' && one.status !== 'failed',
  }));
const rowsFor = (cloud: readonly Held[], want: Wanted, can = able): readonly DesiredRow[] =>
  decide(want, seenIn(cloud, want), can);

/** The states of the cloud that a row leads through, one for each request that changes something. */
function steps(row: DesiredRow, cloud: readonly Held[], want: Wanted, made: string): readonly (readonly Held[])[] {
  const id = row.id ?? made;
  const changed = (which: string, change: Partial<Held>, of = cloud): readonly Held[] =>
    of.map((one) => (one.id === which ? { ...one, ...change } : one));
  if (row.action === 'delete') return [cloud.filter((one) => one.id !== id)];
  if (row.action === 'add' && row.id === undefined) {
    const record = { id, name: row.name, content: want.content, serial: want.version, tags: want.labels.tags ?? [], places: [] };
    const states = (['queued', 'active'] as const).map((status) => [...cloud, { ...record, status, by: 'begun' as const }]);
    const isWanted = markedBy(row);
    const whole = [...cloud, { ...record, status: 'active' as const, by: 'ours' as const, isWanted }];
    return [...states, whole, changed(id, { places: want.places }, whole)];
  }
  if (row.from) {
    const freed = changed(row.from.id, { name: row.from.name });
    return [freed, changed(id, { name: want.name }, freed)];
  }
  const there = cloud.find((one) => one.id === id);
  if (row.places)
    return [changed(id, { places: 'add' in row.places ? [...(there?.places ?? []), ...row.places.add] : row.places.exactly })];
  const { name, addTags = [] } = row.changes ?? {};
  const change = { ...(name ? { name } : {}), tags: [...(there?.tags ?? []), ...addTags], by: 'ours' as const };
  const isWanted = markedBy(row, there?.isWanted);
  return [changed(id, { ...change, isWanted })];
}

/** Whether an image is marked as wanted once it was changed so. */
function markedBy({ changes = {} }: DesiredRow, isSo?: boolean): boolean | undefined {
  if (changes.properties?.['imgctl.wanted'] !== undefined) return true;
  return changes.removeProperties?.includes('imgctl.wanted') ? undefined : isSo;
}

let count = 0;
/** The cloud after `limit` requests of the runs that it takes until nothing is to be done. */
function after(cloud: readonly Held[], want: Wanted, limit = Infinity): readonly Held[] {
  let left = limit;
  let now = cloud;
  const made = `${(count += 1) + 1000}`;
  for (const row of rowsFor(cloud, want)) {
    if (row.action === 'blocked') return now;
    for (const state of steps(row, now, want, made)) {
      if (left <= 0) return now;
      left -= 1;
      now = state;
    }
  }
  return now;
}

const held = (id: number): fc.Arbitrary<Held> =>
  fc
    .record({
      id: fc.constant(`${id}`),
      name: fc.constantFrom('web', 'web (1)', 'web (2)', 'web (3)', 'db'),
      content: fc.constantFrom('1', '2', '3'),
      serial: fc.constantFrom('1', '2', '3'),
      status: fc.constantFrom<Status>('active', 'active', 'active', 'inactive', 'queued', 'failed', 'pending'),
      by: fc.constantFrom('ours', 'ours', 'begun', 'others'),
      tags: fc.constantFrom([], ['blessed']),
      places: fc.constantFrom(['a'], ['a', 'b'], ['b']),
      isWanted: fc.constantFrom(undefined, undefined, true),
    })
    .map((one) => ({ ...one, serial: one.content }));
const clouds = fc.tuple(held(1), held(2), held(3), held(4), held(5)).chain((all) => fc.subarray(all));
const wishes = fc
  .record({ serial: fc.constantFrom('1', '2', '3'), isExactly: fc.boolean() })
  .map(({ serial, isExactly }) => wanted(serial, { isExactly }));
const runs = { numRuns: draws(10_000), seed: 20 };

const isBlocked = (rows: readonly DesiredRow[]): boolean => rows.some(({ action }) => action === 'blocked');

describe('what is decided about an image', () => {
  it('is such that prune keeps it, whatever is newer, and for nothing but its age', () => {
    const can = { marks: true, deactivates: true, hides: true, deletes: true };
    const prune = { keep: 1, grace: 0, maxDelete: 9, isUnusedBelieved: false, now: Date.parse('2027-01-01') };
    fc.assert(
      fc.property(clouds, wishes, (cloud, want) => {
        if (isBlocked(rowsFor(cloud, { ...want, allowDowngrade: true }))) return;
        const ours = after(cloud, { ...want, allowDowngrade: true }).filter(({ by }) => by === 'ours');
        const fleet = ours.map((one) => ({ image: imageOf(one), series: 'web', can, uses: { uses: [], unasked: [] } }));
        for (const { candidate, action } of decideRetirement(fleet, prune))
          if (candidate.image.name === want.name) expect(action).toBe('keep');
        for (const one of ours) if (one.isWanted) expect(one.content).toBe(want.content);
      }),
      runs,
    );
  });

  it('is done once, whatever there is: then nothing is to be done', () => {
    fc.assert(
      fc.property(clouds, wishes, (cloud, want) => {
        if (isBlocked(rowsFor(cloud, want))) return;
        const then = after(cloud, want);
        expect(rowsFor(then, want)).toEqual([]);
        expect(
          then.filter(
            ({ name, content, by, status }) => name === 'web' && content === want.content && by === 'ours' && status === 'active',
          ),
        ).toHaveLength(1);
      }),
      runs,
    );
  });

  it('comes to the same where it is broken off after any request, and done again', () => {
    fc.assert(
      fc.property(clouds, wishes, fc.nat({ max: 8 }), (cloud, want, limit) => {
        if (isBlocked(rowsFor(cloud, want))) return;
        const then = after(after(cloud, want, limit), want);
        expect(rowsFor(then, want)).toEqual([]);
        const withoutIds = (all: readonly Held[]) => all.map(({ name, content, by }) => `${name} ${content} ${by}`).toSorted();
        expect(withoutIds(then)).toEqual(withoutIds(after(cloud, want)));
      }),
      runs,
    );
  });

  it("deletes nothing that has data, and touches nobody else's image but to take over what has name and content", () => {
    fc.assert(
      fc.property(clouds, wishes, fc.boolean(), (cloud, want, marks) => {
        for (const row of rowsFor(cloud, want, { ...able, marks })) {
          const one = cloud.find(({ id }) => id === row.id);
          if (row.action === 'delete')
            expect([one?.by === 'others', ['queued', 'failed'].includes(one?.status ?? '')]).toEqual([false, true]);
          const from = cloud.find(({ id }) => id === row.from?.id);
          if (from) expect(from.by).toBe('ours');
          if (row.action !== 'blocked' && one?.by === 'others')
            expect([one.content, one.name.startsWith('web')]).toEqual([want.content, true]);
          if (row.action !== 'shrink-places') expect(row.irreversible).toBe(false);
        }
      }),
      runs,
    );
  });

  it('takes no older serial, and revives nothing that was taken out of use', () => {
    fc.assert(
      fc.property(clouds, wishes, (cloud, want) => {
        const ours = cloud.filter(({ by, status }) => by === 'ours' && status === 'active');
        const rows = rowsFor(cloud, want);
        if (ours.some(({ serial }) => serial > want.version)) expect(rows.map(({ action }) => action)).toEqual(['blocked']);
        // An older one that is out of use may lose the plain name, and the mark that it is wanted.
        const isOut = ({ id }: DesiredRow): boolean => cloud.find((one) => one.id === id)?.status === 'inactive';
        for (const { action, changes } of rows.filter(isOut))
          if (action !== 'blocked')
            expect([['name'], ['removeProperties']].map((keys) => ['property', keys])).toContainEqual([
              action,
              Object.keys(changes ?? {}),
            ]);
      }),
      runs,
    );
  });
});

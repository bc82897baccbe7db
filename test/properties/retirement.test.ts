import { draws, fc } from '../support/draws.ts';
import { expect, it } from 'vitest';
import { imageFrom, type Image } from '../../src/core/image.ts';
import { markChanges } from '../../src/core/marks.ts';
import type { UnaskedUse, Use } from '../../src/core/uses.ts';
import {
  decideRetirement,
  type RetirementMeans,
  type FleetImage,
  type RetirementDecision,
  type RetirementRules,
} from '../../src/engine/desired/retirement.ts';

const day = 24 * 60 * 60_000;
const now = Date.parse('2026-11-29T12:00:00Z');
const ago = (days: number): string => new Date(now - days * day).toISOString();
const maybe = <T>(inner: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(inner, { nil: undefined });

const use: Use = { kind: 'instance', id: 'web-1' };
const others: UnaskedUse = { kind: 'volume', of: 'others', reason: 'only administrators see them' };
const late: UnaskedUse = { kind: 'volume', reason: 'timed out', code: 'NETWORK' };
const uses = fc.constantFrom<FleetImage['uses']>(
  undefined,
  null,
  { uses: [], unasked: [] },
  { uses: [], unasked: [] },
  { uses: [], unasked: [] },
  { uses: [use], unasked: [] },
  { uses: [], unasked: [others] },
  { uses: [], unasked: [late] },
  { uses: [use], unasked: [late] },
);
/** Accounts of different abilities: one for each profile. */
const accounts: Readonly<Record<string, RetirementMeans>> = {
  glance: { marks: true, deactivates: true, hides: true, deletes: true },
  registry: { marks: true, deactivates: false, hides: true, deletes: true },
  incus: { marks: true, deactivates: false, hides: false, deletes: true },
  mute: { marks: false, deactivates: false, hides: false, deletes: true },
};
const drawn = fc.record({
  profile: fc.constantFrom('glance', 'glance', 'glance', ...Object.keys(accounts)),
  series: fc.constantFrom('a', 'a', 'a', 'b', undefined),
  status: fc.constantFrom<Image['status']>(
    'active',
    'active',
    'active',
    'active',
    'inactive',
    'inactive',
    'queued',
    'failed',
    'pending',
  ),
  age: maybe(fc.nat({ max: 60 })),
  serial: maybe(fc.nat({ max: 30 })),
  retired: fc.option(fc.nat({ max: 40 }), { nil: undefined, freq: 2 }),
  isWanted: fc.nat({ max: 7 }).map((drawn) => drawn === 0),
  isRevoked: fc.nat({ max: 7 }).map((drawn) => drawn === 0),
  isProtected: fc.boolean(),
  hidden: maybe(fc.boolean()),
  uses,
  irremovable: fc.constantFrom(undefined, undefined, undefined, 'it is the base of others'),
});
type Drawn = typeof drawn extends fc.Arbitrary<infer T> ? T : never;

function candidate(one: Drawn, index: number): FleetImage {
  const { profile, series, status, age, serial, retired, isWanted, isRevoked, isProtected, hidden } = one;
  const id = `i-${index}`;
  const record = {
    id,
    name: `web-${index}`,
    status,
    providerStatus: status,
    protected: isProtected && index % 3 === 0,
    hidden,
    createdAt: age === undefined ? undefined : ago(age),
    tags: [],
    places: [],
    raw: {},
  };
  const own = serial === undefined ? {} : { 'imgctl.source.serial': String(20260000 + serial) };
  const marks = markChanges(
    { id, properties: {} },
    {
      ...(series ? { managed: 'yes' } : {}),
      ...(isWanted ? { wanted: 'yes' } : {}),
      ...(isRevoked ? { revoked: 'CVE' } : {}),
      ...(retired === undefined ? {} : { retired: ago(retired) }),
    },
  );
  const image = imageFrom({ ...record, properties: { ...own, ...marks?.properties } }, { profile, provider: 'fake' });
  const can = accounts[profile];
  if (!can) throw new Error(profile);
  return { image, series, can, uses: one.uses, irremovable: one.irremovable };
}

const rules: fc.Arbitrary<RetirementRules> = fc.record({
  keep: fc.constantFrom(1, 1, 2, 3),
  olderThan: fc.option(
    fc.nat({ max: 30 }).map((days) => days * day),
    { nil: undefined, freq: 2 },
  ),
  grace: fc.nat({ max: 20 }).map((days) => days * day),
  maxDelete: fc.nat({ max: 4 }),
  isUnusedBelieved: fc.boolean(),
  now: fc.constant(now),
});
const fleets = fc.array(drawn, { maxLength: 16, size: 'max' }).map((all) => all.map(candidate));

const retiredAt = ({ image }: FleetImage): number => Date.parse(image.properties['imgctl.retired'] ?? '');
const isOutOfService = (one: FleetImage): boolean => {
  const { deactivates, hides } = one.can;
  if (Number.isNaN(retiredAt(one))) return false;
  return deactivates ? one.image.status === 'inactive' : one.image.status === 'active' && (!hides || one.image.hidden === true);
};
const isRevoked = ({ image }: FleetImage): boolean => image.properties['imgctl.revoked'] !== undefined;
const isUsable = (one: FleetImage): boolean => one.image.status === 'active' && !isOutOfService(one) && !isRevoked(one);
const isSameSeries = (a: FleetImage, b: FleetImage): boolean => a.image.profile === b.image.profile && a.series === b.series;

const isWanted = ({ image }: FleetImage): boolean => image.properties['imgctl.wanted'] !== undefined;

/** Usable images of the series that are surely newer, by both of what an order may be made of. */
function isSurelyOlder(one: FleetImage, than: FleetImage): boolean {
  const serial = ({ image }: FleetImage): string | undefined => image.properties['imgctl.source.serial'];
  const [a, b] = [serial(one), serial(than)];
  const byAge = (one.image.createdAt ?? '9') <= (than.image.createdAt ?? '9');
  return byAge || (a !== undefined && b !== undefined && a <= b);
}

/** Throws where what is taken away may be missed. */
function requireSafe(
  { candidate: one, action }: RetirementDecision,
  fleet: readonly FleetImage[],
  situation: RetirementRules,
): void {
  if (action !== 'retire' && action !== 'delete') return;
  const { image } = one;
  expect(one.series).toBeDefined();
  expect(image.protected).not.toBe(true);
  expect(one.can.marks).toBe(true);
  expect(image.properties['imgctl.wanted']).toBeUndefined();
  expect(one.uses?.uses ?? []).toEqual([]);
  if (one.uses === undefined) throw new Error('nobody has asked what uses it');
  if (one.uses === null || one.uses.unasked.length > 0) expect(situation.isUnusedBelieved).toBe(true);
  expect(one.uses?.unasked ?? []).not.toContain(late);
  const newer = fleet.filter(
    (other) => other !== one && isSameSeries(one, other) && isUsable(other) && (isWanted(other) || isSurelyOlder(one, other)),
  );
  expect(newer.length).toBeGreaterThanOrEqual(situation.keep);
  if (situation.olderThan !== undefined)
    expect(now - Date.parse(image.createdAt ?? '')).toBeGreaterThanOrEqual(situation.olderThan);
  if (action === 'retire') return expect(isUsable(one)).toBe(true);
  expect(isOutOfService(one)).toBe(true);
  expect(now - retiredAt(one)).toBeGreaterThanOrEqual(situation.grace);
  expect(one.irremovable).toBeUndefined();
}

/** The fleet once a decision was carried out. */
function after({ candidate: one, action }: RetirementDecision): readonly FleetImage[] {
  const { image, can } = one;
  if (action === 'delete') return [];
  if (action === 'keep') return [one];
  const { 'imgctl.retired': _retired, ...properties } = image.properties;
  const [to, hidden] = action === 'retire' ? (['inactive', true] as const) : (['active', false] as const);
  return [
    {
      ...one,
      image: {
        ...image,
        properties: action === 'retire' ? { ...properties, 'imgctl.retired': ago(0) } : properties,
        ...(can.deactivates ? { status: to } : can.hides ? { hidden } : {}),
      },
    },
  ];
}

it('whatever the fleet, nothing is taken away that is in use, may be, is protected, not managed, among the newest, too young, in its grace, or one too many', () => {
  const seen = { keep: 0, unretire: 0, retire: 0, delete: 0 };
  fc.assert(
    fc.property(fleets, rules, (fleet, situation) => {
      const decisions = decideRetirement(fleet, situation);
      if (decisions.some(({ candidate: one }, index) => one !== fleet[index])) throw new Error('one was left out');
      for (const one of decisions) {
        seen[one.action] += 1;
        requireSafe(one, fleet, situation);
        if (one.action !== 'unretire') continue;
        if (Number.isNaN(retiredAt(one.candidate))) throw new Error('it was not retired');
        if (isRevoked(one.candidate)) throw new Error('it was revoked');
      }
      expect(decisions.filter(({ action }) => action === 'delete').length).toBeLessThanOrEqual(situation.maxDelete);
    }),
    { numRuns: draws(10_000), seed: 20 },
  );
  for (const [action, count] of Object.entries(seen)) expect(count, action).toBeGreaterThan(draws(100));
});

it('each series has as many images in service as it had, or as are to be kept; done again, nothing is left to do but for what waits', () => {
  fc.assert(
    fc.property(fleets, rules, (fleet, drawnRules) => {
      const situation = { ...drawnRules, grace: drawnRules.grace + 1, maxDelete: Infinity };
      const next = decideRetirement(fleet, situation).flatMap(after);
      for (const one of fleet) {
        const inService = (all: readonly FleetImage[]): number =>
          all.filter((other) => isSameSeries(one, other) && isUsable(other)).length;
        expect(inService(next)).toBeGreaterThanOrEqual(Math.min(inService(fleet), situation.keep));
      }
      // What came back pushes others out once, and no more.
      const settled = decideRetirement(next, situation).flatMap(after);
      expect(decideRetirement(settled, situation).filter(({ action }) => action !== 'keep')).toEqual([]);
    }),
    { numRuns: draws(3000), seed: 20 },
  );
});

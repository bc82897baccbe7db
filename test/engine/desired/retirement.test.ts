import { expect, it } from 'vitest';
import { imageFrom, type Image } from '../../../src/core/image.ts';
import { markChanges } from '../../../src/core/marks.ts';
import { decideRetirement, seriesOf, whoseUseMatters, type FleetImage } from '../../../src/engine/desired/retirement.ts';

const image = (id: string, fields: Partial<Image> = {}): Image => ({
  ...imageFrom(
    { id, name: id, status: 'active', providerStatus: '', tags: [], properties: {}, places: [], raw: {} },
    { profile: 'p', provider: 'x' },
  ),
  ...fields,
});
const can = { marks: true, deactivates: true, hides: false, deletes: true };
const rules = { keep: 1, grace: 0, maxDelete: 10, isUnusedBelieved: false, now: Date.parse('2026-11-29T12:00:00Z') };
const one = (it: Image): FleetImage => ({ image: it, series: 'web', can, uses: { uses: [], unasked: [] } });
const kept = (fleet: readonly FleetImage[]): readonly string[] =>
  decideRetirement(fleet, rules).flatMap(({ candidate, action }) => (action === 'keep' ? [candidate.image.id] : []));
const serial = (value: string, url = `https://a.test/${value}/disk`): Pick<Image, 'properties'> => ({
  properties: { 'imgctl.source.serial': value, 'imgctl.source.url': url },
});

it('the newest is told by serials where all have one, and by the time of creation else', () => {
  const [older, newer] = [{ createdAt: '2026-11-01T00:00:00Z' }, { createdAt: '2026-11-02T00:00:00Z' }];
  const again = one(image('old-serial', { ...newer, ...serial('20261001') }));
  const latest = one(image('new-serial', { ...older, ...serial('20261101') }));
  expect(kept([again, latest])).toEqual(['new-serial']);
  expect(kept([again, latest, one(image('plain', { createdAt: '2026-11-03T00:00:00Z' }))])).toEqual(['plain']);
  const other = { properties: { ...serial('20261101').properties, product_name: 'b' } };
  const named = { properties: { ...serial('20261001').properties, product_name: 'a' } };
  expect(kept([one(image('a', { ...newer, ...named })), one(image('b', { ...older, ...other }))])).toEqual(['a']);
});

it('one of which nobody says when it was made counts as new', () => {
  expect(kept([one(image('a', { createdAt: '2026-11-28T00:00:00Z' })), one(image('b'))])).toEqual(['b']);
});

it('only what is managed is in a series: of its manifest and logical name, else of the word that it was meant by, else of its name', () => {
  const marked = (wishes: Parameters<typeof markChanges>[1], more: Partial<Image> = {}): Image =>
    image('i', { properties: markChanges({ id: 'i', properties: {} }, wishes)?.properties ?? {}, ...more });
  const none: ReadonlySet<string> = new Set();
  expect(seriesOf(image('i'), 'web-*', none)).toBeUndefined();
  expect(seriesOf(image('i'), 'web-*', new Set(['i']))).toBe('web-*');
  expect(seriesOf(marked({ managed: 'yes' }), 'web-*', none)).toBe('web-*');
  expect(seriesOf(marked({ managed: 'yes' }), undefined, none)).toBe('i');
  expect(seriesOf(marked({ managed: 'm.yaml', name: 'web' }), 'web-*', none)).toBe('m.yaml web');
  expect(seriesOf(marked({ managed: 'yes' }, { architecture: 'arm64' }), 'web-*', none)).toBe('web-* arm64');
  expect(seriesOf({ ...marked({ managed: 'yes' }), id: 'copy' }, 'web-*', none)).toBeUndefined();
});

it('it matters what uses those that would go, and those that are retired, and of no other', () => {
  const retired = { properties: { 'imgctl.managed': 'yes', 'imgctl.marksOf': 'r', 'imgctl.retired': '2026-11-29T11:00:00Z' } };
  const fleet = [
    one(image('new', { createdAt: '2026-11-03T00:00:00Z' })),
    one(image('old', { createdAt: '2026-11-02T00:00:00Z' })),
    one(image('r', { createdAt: '2026-11-01T00:00:00Z', status: 'inactive', ...retired })),
    one(image('held', { createdAt: '2026-11-01T00:00:00Z', protected: true })),
  ];
  expect(whoseUseMatters(fleet, { ...rules, grace: 1e9, maxDelete: 0 }).map((of) => of.image.id)).toEqual(['old', 'r']);
});

import { describe, expect, it } from 'vitest';
import type { Image } from '../../../src/core/image.ts';
import { decide } from '../../../src/engine/desired/decide.ts';
import type { Abilities, Wanted } from '../../../src/engine/desired/case.ts';
import { image } from '../../ui/samples.ts';

const wanted: Wanted = {
  image: 'web',
  profile: 'pcd',
  name: 'web',
  version: '2',
  content: 'sha256:2',
  properties: {},
  labels: { description: 'the web', tags: ['blessed'], protected: false },
  places: [],
  isExactly: false,
  allowDowngrade: false,
};
const can: Abilities = {
  patch: ['name', 'description', 'tags', 'properties', 'hidden'],
  marks: true,
  delete: true,
  replicate: false,
};
const there = (more: Partial<Image> = {}): Image =>
  image({ id: 'i1', name: 'web', description: 'the web', tags: ['blessed', 'lts'], ...more });
const ours = (one: Image) => ({ image: one, isOurs: true, isBegun: false, isSame: true });
const rows = (one: Image, more: Partial<Wanted> = {}, abilities = can) =>
  decide({ ...wanted, ...more }, [ours(one)], abilities).map(({ action, changes, code, reason }) => ({
    action,
    changes,
    code,
    reason,
  }));

describe('what is there already', () => {
  it('differs in nothing where it has more than what is wanted', () => expect(rows(there())).toEqual([]));

  it('gets what it lacks, and no more', () => {
    const labels = { ...wanted.labels, properties: { tier: 'gold' }, tags: ['blessed', 'eu'] };
    expect(rows(there({ description: 'old' }), { labels })).toEqual([
      {
        action: 'property',
        changes: { description: 'the web', addTags: ['eu'], properties: { tier: 'gold' } },
        code: undefined,
        reason: 'description is "old", not "the web"; tag eu is missing; property tier is not set, not "gold"',
      },
    ]);
  });

  it('is hidden, and not hidden again', () => {
    const labels = { ...wanted.labels, hidden: true };
    expect(rows(there(), { labels })).toMatchObject([{ action: 'hide', changes: { hidden: true } }]);
    expect(rows(there({ hidden: true }), { labels })).toEqual([]);
  });

  it('is not retired any more when it is wanted again', () => {
    const properties = {
      'imgctl.managed': 'fleet',
      'imgctl.name': 'web',
      'imgctl.marksOf': 'i1',
      'imgctl.retired': '2026-11-01T00:00:00Z',
    };
    expect(rows(there({ properties, hidden: true }))).toEqual([
      {
        action: 'property',
        changes: { removeProperties: ['imgctl.retired'], hidden: false },
        code: undefined,
        reason: 'it is retired',
      },
    ]);
  });

  it('stays out of use where its content was revoked, also where the provider cannot block it', () => {
    const marked = { 'imgctl.marksOf': 'i1', 'imgctl.revoked': 'CVE-2026-1' };
    const retired = { ...marked, 'imgctl.retired': '2026-11-01T00:00:00Z' };
    const states: readonly Partial<Image>[] = [
      { properties: marked },
      { properties: marked, status: 'inactive' },
      { properties: retired, status: 'inactive' },
    ];
    for (const state of states)
      expect(rows(there(state), {}, { ...can, deactivate: true, reactivate: true })).toEqual([
        { action: 'blocked', code: 'CONFLICT', reason: 'it has the content that is wanted, and was revoked: CVE-2026-1' },
      ]);
    const older = { properties: { 'imgctl.source.serial': '1' } };
    const newer = { ...ours(there({ properties: { ...marked, 'imgctl.source.serial': '2' } })), isSame: false };
    const back = decide({ ...wanted, ...older, version: '1' }, [newer], can);
    expect(back.map(({ action }) => action)).toEqual(['add', 'retarget']);
  });

  it('gets the content id that it was not given before its run was killed, with its marks', () => {
    const begun = (more: Partial<Image>, known: Partial<Wanted>) =>
      decide({ ...wanted, ...known }, [{ ...ours(there(more)), isOurs: false, isBegun: true }], can).map(
        ({ action, changes }) => [action, changes],
      );
    const checksums = { sha256: 'ab' };
    const known = { contentId: 'blocks-sha256:2' };
    const bound = { 'imgctl.contentId': known.contentId, 'imgctl.contentOf': 'sha256:ab' };
    expect(begun({ checksums }, known)).toEqual([['reuse', { properties: bound }]]);
    expect(begun({ checksums, ...known }, known)).toEqual([['reuse', {}]]);
    expect(begun({ checksums }, {})).toEqual([['reuse', {}]]);
  });

  it('is not touched where its provider cannot change what differs, or it is out of use', () => {
    const labels = { ...wanted.labels, visibility: 'public' } as const;
    expect(rows(there(), { labels })).toMatchObject([{ action: 'blocked', code: 'UNSUPPORTED' }]);
    for (const status of ['inactive', 'pending', 'unknown'] as const)
      expect(rows(there({ status }))).toMatchObject([{ action: 'blocked', code: 'CONFLICT' }]);
    expect(rows(there(), { places: ['eu'] })).toMatchObject([{ action: 'blocked', code: 'UNSUPPORTED' }]);
  });

  it('leaves a place only where that was said, and only when it is in those that are wanted', () => {
    const places = ['eu', 'us'].map((name) => ({ name, status: 'active' as const }));
    const able = { ...can, replicate: true };
    expect(rows(there({ places }), { places: ['eu'] }, able)).toEqual([]);
    const exact = decide({ ...wanted, places: ['eu', 'asia'], isExactly: true }, [ours(there({ places }))], able);
    expect(exact.map(({ action, irreversible, places: asked }) => [action, irreversible, asked])).toEqual([
      ['add', false, { add: ['asia'] }],
      ['shrink-places', true, { exactly: ['eu', 'asia'] }],
    ]);
  });
});

describe('what an earlier run has left', () => {
  it('goes where it has no data, and was begun by this manifest', () => {
    const queued = image({ id: 'i2', name: 'web', status: 'queued' });
    const left = { image: queued, isOurs: false, isBegun: true, isSame: false };
    expect(decide(wanted, [left], can).map(({ action, id }) => [action, id])).toEqual([
      ['delete', 'i2'],
      ['add', undefined],
    ]);
    expect(decide(wanted, [{ ...left, isBegun: false }], can).map(({ action }) => action)).toEqual(['blocked']);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Image } from '../../../src/core/image.ts';
import { fieldKinds, fieldNamed } from '../../../src/engine/rules/field.ts';
import { parseRules } from '../../../src/engine/rules/parse-rules.ts';
import { shippedRules } from '../../../src/engine/rules/shipped.ts';
import { judge } from '../../../src/engine/rules/judge.ts';
import { fileSubject, imageSubject } from '../../../src/engine/rules/subject.ts';
import { timeIn } from '../../../src/engine/rules/time.ts';
import { image, now, ruleOf, rulesIn } from './rules.ts';

const web: Partial<Image> = {
  name: 'web-1',
  status: 'active',
  visibility: 'private',
  protected: false,
  diskFormat: 'qcow2',
  sizeBytes: 5 << 20,
  tags: ['blessed', 'team:web'],
  checksums: { sha512: 'ab', md5: 'cd' },
  properties: { os_version: '22.10', ram: '768', built: '2026-11-01', empty: '', until: '2027-01-01 08:00' },
  createdAt: '2026-11-19T12:00:00Z',
};

/** What of the image is not as it is wanted: found and expected. */
const odd = (require: object, more: Partial<Image> = {}): readonly (readonly [string | undefined, string])[] =>
  judge(ruleOf(require).rules, imageSubject(image({ ...web, ...more })), now).verdicts.flatMap(({ mismatches }) =>
    mismatches.map(({ found, expected }) => [found, expected] as const),
  );

describe('what a rule wants', () => {
  it.each([
    { name: 'web-1' },
    { name: ['db', 'web-1'] },
    { name: { like: ['db-*', 'web-?'] } },
    { name: { matches: '^web-\\d$', noneOf: ['web-2'] } },
    { status: 'active', visibility: { noneOf: ['public'] } },
    { protected: false },
    { sizeBytes: { atLeast: '1MiB', atMost: '5MiB' } },
    { sizeBytes: '5MiB' },
    { sizeBytes: { atLeast: '5MiB' } },
    { tags: 'blessed' },
    { tags: { contains: ['blessed', 'team:*'], containsAny: ['x', 'bl*'], containsNone: 'test-*' } },
    { checksums: { containsAny: ['sha256', 'sha512'] } },
    { checksums: { present: true }, expiresAt: { present: false } },
    { 'properties.os_version': '22.10' },
    { 'properties.ram': { atLeast: 512, atMost: '768' } },
    { 'properties.built': { newerThan: '30d', olderThan: '1d' } },
    { 'properties.until': { newerThan: '0s' } },
    { 'properties.none': { optional: true, oneOf: ['a'] } },
    { 'properties.none': { noneOf: ['a'] }, 'properties.empty': { present: false } },
    { createdAt: { newerThan: '11d', olderThan: '9d' } },
  ])('is met: %j', (require) => {
    expect(odd(require)).toEqual([]);
  });

  it.each([
    [{ name: 'web' }, 'web-1', 'web'],
    [{ diskFormat: ['raw', 'vmdk'] }, 'qcow2', 'one of raw, vmdk'],
    [{ visibility: { noneOf: ['private'] } }, 'private', 'none of private'],
    [{ name: { matches: '^db' } }, 'web-1', 'matching ^db'],
    [{ name: { like: 'db-*' } }, 'web-1', 'like db-*'],
    [{ protected: true }, 'false', 'true'],
    [{ sizeBytes: { atMost: '4MiB' } }, '5 MiB', 'at most 4MiB'],
    [{ tags: { contains: ['blessed', 'lts'] } }, 'blessed, team:web', 'with blessed, lts'],
    [{ tags: { containsNone: ['team:*'] } }, 'blessed, team:web', 'without team:*'],
    [{ 'properties.ram': { present: false } }, '768', 'absent'],
    [{ 'properties.none': { present: true } }, undefined, 'present'],
    [{ 'properties.empty': { present: true } }, undefined, 'present'],
    [{ 'properties.none': { oneOf: ['a'], like: 'b*' } }, undefined, 'one of a, like b*'],
    [{ 'properties.built': { atMost: 5 } }, '2026-11-01', 'at most 5'],
    [{ 'properties.os_version': { newerThan: '9d' } }, '22.10', 'newer than 9d'],
    [{ 'properties.until': { olderThan: '0s' } }, '2027-01-01 08:00', 'in the past'],
    [{ createdAt: { newerThan: '10d' } }, '2026-11-19T12:00:00Z', 'newer than 10d'],
  ])('is not met: %j', (require, found, expected) => {
    expect(odd(require)).toEqual([[found, expected]]);
  });

  it('is not met by what a provider does not tell, unless that is said', () => {
    const untold = { visibility: undefined, sizeBytes: undefined, createdAt: undefined, checksums: undefined, hidden: undefined };
    expect(odd({ visibility: { noneOf: ['public'] } }, untold)).toEqual([[undefined, 'none of public']]);
    expect(odd({ sizeBytes: { atMost: '1TiB' } }, untold)).toHaveLength(1);
    expect(odd({ createdAt: { newerThan: '9d' } }, untold)).toHaveLength(1);
    expect(odd({ checksums: { present: true } }, { checksums: {} })).toHaveLength(1);
    expect(odd({ tags: { present: true } }, { tags: [] })).toEqual([[undefined, 'present']]);
    expect(odd({ tags: { contains: 'a' } }, { tags: [] })).toEqual([['', 'with a']]);
    expect(odd({ hidden: { optional: true, equals: false } }, untold)).toEqual([]);
  });

  it('looks at properties under the names that the provider has for its fields, too', () => {
    expect(odd({ 'properties.min_disk': { atLeast: 1 } }, { raw: { min_disk: 5 } })).toEqual([]);
    expect(odd({ 'properties.architecture': 'x86_64' }, { architecture: 'x86_64' })).toEqual([]);
  });

  it('takes a regular expression to no text that is endless', () => {
    expect(odd({ description: { matches: 'a' } }, { description: 'a'.repeat(5000) })).toHaveLength(1);
  });
});

describe('what a rule is about', () => {
  const names = (text: string, more: Partial<Image> = {}): readonly string[] =>
    judge(rulesIn(text).rules, imageSubject(image({ ...web, ...more })), now).verdicts.map(({ rule }) => rule.id);

  it('are the images that meet all of its conditions', () => {
    const text =
      'version: 1\nrules:\n' +
      '- { id: all, require: { name: { present: true } } }\n' +
      '- { id: webs, when: { name: { like: web-* }, status: active }, require: { name: { present: true } } }\n' +
      '- { id: public, when: { visibility: public }, require: { name: { present: true } } }\n';
    expect(names(text)).toEqual(['all', 'webs']);
    expect(names(text, { status: 'failed', visibility: 'public' })).toEqual(['all', 'public']);
    expect(names(text, { visibility: undefined })).toEqual(['all', 'webs']);
  });

  it('is no file where it asks for what a file has not: that is told', () => {
    const { rules } = rulesIn(
      'version: 1\nrules:\n' +
        '- { id: mixed, require: { diskFormat: raw, owner: me } }\n' +
        '- { id: when, when: { status: active }, require: { diskFormat: raw } }\n' +
        '- { id: tags, require: { tags: a } }\n',
    );
    const file = { file: '/a/web.qcow2', format: 'qcow2', findings: [] };
    const { verdicts, unasked } = judge(rules, fileSubject(file), now);
    expect(verdicts.map(({ rule, mismatches }) => [rule.id, mismatches.map(({ field }) => field)])).toEqual([
      ['mixed', ['diskFormat']],
    ]);
    expect([...unasked]).toEqual(['owner', 'status', 'tags']);
  });
});

describe('a time', () => {
  it('is one in UTC, or a date', () => {
    expect(timeIn('2026-11-29')).toBe(Date.parse('2026-11-29T00:00:00Z'));
    expect(timeIn('2026-11-29 10:30')).toBe(Date.parse('2026-11-29T10:30:00Z'));
    expect(timeIn('2026-11-29T10:30:05.123Z')).toBe(Date.parse('2026-11-29T10:30:05Z'));
    for (const text of ['2026-02-30', '2026-13-01', '2026-11-29 24:00', '20261129', 'soon', '2026-11-29T10:30:00+02:00'])
      expect(timeIn(text), text).toBeUndefined();
  });
});

const text = fc.oneof(fc.constantFrom('', 'a', 'active', '5', '2026-01-01', 'web-1'), fc.string({ maxLength: 8 }));
const drawnImage = fc.record(
  {
    name: text,
    description: text,
    status: fc.constantFrom('active', 'queued', 'failed'),
    visibility: fc.constantFrom('public', 'private', undefined),
    protected: fc.option(fc.boolean(), { nil: undefined }),
    sizeBytes: fc.option(fc.nat(), { nil: undefined }),
    tags: fc.array(text, { maxLength: 3 }),
    properties: fc.dictionary(fc.constantFrom('a', 'b'), text),
    createdAt: fc.constantFrom('2026-11-01T00:00:00Z', '2020-01-01T00:00:00Z', undefined),
  },
  { requiredKeys: ['name', 'status', 'tags', 'properties'] },
);
const drawnCheck = fc.constantFrom<object>(
  { name: { like: 'w*' } },
  { description: { matches: '^a' } },
  { status: ['active', 'queued'] },
  { visibility: 'public' },
  { protected: true },
  { sizeBytes: { atLeast: 1000 } },
  { tags: { contains: 'a' } },
  { 'properties.a': { atMost: 7 } },
  { 'properties.b': { noneOf: ['a'] } },
  { createdAt: { newerThan: '99d' } },
  { 'properties.a': { present: true } },
);

it('a size is held against another one, where both are told', () => {
  const size = (minDiskBytes: number | undefined, sizeBytes: number | undefined) =>
    odd({ minDiskBytes: { optional: true, atLeastField: 'sizeBytes' } }, { minDiskBytes, sizeBytes });
  expect(size(2 ** 30, 3 * 2 ** 29)).toEqual([['1 GiB', 'at least sizeBytes']]);
  expect([size(2 ** 30, 2 ** 30), size(2 ** 30, undefined), size(undefined, 5)]).toEqual([[], [], []]);
});

it('scs-0102 warns of a smallest disk that the image itself does not fit on', async () => {
  const { rules } = parseRules(
    { value: await shippedRules('scs-0102'), lineOf: () => undefined },
    { source: 'scs-0102', isShipped: true },
  );
  const broken = (sizeBytes: number) =>
    judge(rules, imageSubject(image({ minDiskBytes: 2 ** 30, sizeBytes })), now).verdicts.flatMap(({ rule, mismatches }) =>
      mismatches.length > 0 && rule.id.startsWith('scs-0102/min_disk') ? [`${rule.id} ${rule.severity}`] : [],
    );
  expect([broken(2 ** 30), broken(2 ** 30 + 1)]).toEqual([[], ['scs-0102/min_disk_low warning']]);
});

describe('whatever the image and the rules', () => {
  const judged = (one: Partial<Image>, require: object, when?: object) =>
    judge(ruleOf(require, when).rules, imageSubject(image(one)), now).verdicts;

  it('a rule whose conditions are what it requires is kept by all that it is about', () => {
    fc.assert(
      fc.property(drawnImage, drawnCheck, (one, check) => {
        for (const { mismatches } of judged(one as Partial<Image>, check, check)) expect(mismatches).toEqual([]);
        // It is about an image exactly when the image keeps it.
        const [alone] = judged(one as Partial<Image>, check);
        expect(judged(one as Partial<Image>, check, check).length).toBe(alone?.mismatches.length === 0 ? 1 : 0);
      }),
      { seed: 7, numRuns: 150 },
    );
  });

  it('to require more never makes a violation go, and each names a field that was asked for', () => {
    fc.assert(
      fc.property(drawnImage, drawnCheck, drawnCheck, (one, first, second) => {
        const fields = (require: object) =>
          judged(one as Partial<Image>, require).flatMap(({ mismatches }) => mismatches.map(({ field }) => field));
        const both = fields({ ...first, ...second });
        for (const field of fields(second)) expect(both).toContain(field);
        for (const field of both) expect([...Object.keys(first), ...Object.keys(second)]).toContain(field);
      }),
      { seed: 8, numRuns: 150 },
    );
  });

  it('every field can be asked for, and an image without it violates that it be there', () => {
    const bare = { id: '', name: '', tags: [], places: [], properties: {}, profile: '', provider: '', providerStatus: '' };
    for (const name of Object.keys(fieldKinds)) {
      expect(fieldNamed(name)?.name).toBe(name);
      const [verdict] = judged(
        {
          ...bare,
          [name === 'status' ? 'status' : name]: name === 'status' ? '' : undefined,
          ...(Array.isArray(image()[name as 'tags']) ? { [name]: [] } : {}),
        } as Partial<Image>,
        { [name]: { present: true } },
      );
      expect(verdict?.mismatches, name).toEqual([{ field: name, expected: 'present' }]);
    }
  });
});

import { draws, fc } from '../support/draws.ts';
import { describe, expect, it } from 'vitest';
import { changesByDocument } from '../../src/engine/patch/document.ts';
import { propertiesAfter } from '../../src/core/changes.ts';
import { ImgctlError } from '../../src/core/errors.ts';
import type { Image } from '../../src/core/image.ts';
import { applyPatch, type Operation } from 'rfc6902';
import { applyJsonPatch, PatchMisfit, type Json, type PatchStep } from '../../src/engine/patch/json-patch.ts';

const key = fc.constantFrom(
  'a',
  'b',
  'os_distro',
  'with/slash',
  'with~tilde',
  '~1',
  '',
  '0',
  '-',
  '__proto__',
  'constructor',
  'toString',
  'ü',
);
const text = fc.constantFrom('', 'web', 'x', 'null', '0', '__proto__', 'ü\u0000');
const isName = (found: Json): boolean => typeof found === 'string' && found !== '' && !found.includes('\u0000');
const nameText = text.filter(isName);

const image = fc
  .record({
    name: nameText,
    description: fc.option(text, { nil: undefined }),
    protected: fc.option(fc.boolean(), { nil: undefined }),
    minDiskBytes: fc.option(fc.nat(), { nil: undefined }),
    tags: fc.array(text, { maxLength: 3 }),
    properties: fc.array(fc.tuple(key, text), { maxLength: 4 }).map((pairs) => Object.fromEntries(pairs)),
  })
  .map((fields): Image => {
    const { description, protected: locked, minDiskBytes, ...always } = fields;
    return {
      ...always,
      ...(description === undefined ? {} : { description }),
      ...(locked === undefined ? {} : { protected: locked }),
      ...(minDiskBytes === undefined ? {} : { minDiskBytes }),
      id: '1',
      status: 'active',
      providerStatus: 'active',
      places: [],
      profile: 'p',
      provider: 'q',
      raw: {},
    };
  });

const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');
const pointer = fc.oneof(
  fc.constantFrom('/name', '/description', '/protected', '/minDiskBytes', '/tags', '/properties'),
  key.map((name) => `/properties/${escaped(name)}`),
  key.map((name) => `/properties/${escaped(name)}`),
  fc.constantFrom('/tags/0', '/tags/1', '/tags/-', '/tags/01', '/tags/x', '/tags/9', '/name/0', '/properties/a/b'),
);
const value: fc.Arbitrary<Json> = fc.oneof(
  text,
  text,
  fc.constantFrom<Json>(null, true, false, 0, 7, 1.5),
  fc.array(text, { maxLength: 2 }),
  fc.array(fc.tuple(key, text), { maxLength: 2 }).map((pairs) => Object.fromEntries(pairs) as Json),
);
const modelStep: fc.Arbitrary<PatchStep> = fc.oneof(
  fc.record({ op: fc.constantFrom('add' as const, 'replace' as const, 'test' as const), path: pointer, value }),
  fc.record({ op: fc.constant('remove' as const), path: pointer }),
  fc.record({ op: fc.constantFrom('move' as const, 'copy' as const), path: pointer, from: pointer }),
);

const fields = ['name', 'description', 'protected', 'minDiskBytes', 'tags', 'properties'] as const;
const kinds: Readonly<Record<string, (found: Json) => boolean>> = {
  name: isName,
  description: (found) => typeof found === 'string',
  protected: (found) => typeof found === 'boolean',
  minDiskBytes: (found) => Number.isSafeInteger(found),
  tags: (found) => Array.isArray(found) && found.every((tag) => typeof tag === 'string'),
  properties: (found) =>
    typeof found === 'object' &&
    found !== null &&
    !Array.isArray(found) &&
    Object.values(found).every((one) => typeof one === 'string'),
};

const editableOf = (document: Json): Record<string, Json> =>
  Object.fromEntries(Object.entries(document as object).filter(([name]) => (fields as readonly string[]).includes(name)));

/** The editable fields after these changes, as a driver would make them. */
function after(before: Image, changes: ReturnType<typeof changesByDocument>): Record<string, Json> {
  const now = new Map(Object.entries(editableOf(before as never)));
  for (const [name, wanted] of Object.entries(changes)) {
    if (name === 'properties' || name === 'removeProperties') now.set('properties', propertiesAfter(before.properties, changes));
    else now.set(name, wanted as Json);
  }
  return inOrder(Object.fromEntries([...now].filter(([, found]) => found !== null)));
}

/** Tags are a set. */
const inOrder = (document: Record<string, Json>): Record<string, Json> =>
  Array.isArray(document.tags) ? { ...document, tags: document.tags.toSorted() } : document;

it('the changes that are sent make of an image what the patch makes of it', () => {
  const seen = { done: 0, misfit: 0, refused: 0 };
  fc.assert(
    fc.property(image, fc.array(modelStep, { minLength: 1, maxLength: 4 }), (before, steps) => {
      const untouched = JSON.stringify(before);
      const attempt = (): ReturnType<typeof changesByDocument> =>
        changesByDocument(before, { kind: 'json-patch', content: structuredClone(steps) });
      let wanted: Json;
      try {
        wanted = editableOf(applyJsonPatch(before as never, steps));
      } catch (error) {
        if (!(error instanceof PatchMisfit)) throw error;
        seen.misfit += 1;
        expect(attempt).toThrow(ImgctlError);
        return;
      }
      const known = Object.entries(wanted as Record<string, Json>);
      // A field of another kind cannot be sent; null clears it.
      const odd = known.some(([name, found]) => found !== null && !kinds[name]?.(found));
      if (odd) {
        seen.refused += 1;
        expect(attempt).toThrow(ImgctlError);
      } else {
        seen.done += 1;
        const { tags = [], properties = {}, ...rest } = after(before, attempt());
        const {
          tags: wantedTags,
          properties: wantedProperties,
          ...wantedRest
        } = Object.fromEntries(known.filter(([, found]) => found !== null));
        expect(rest).toEqual(wantedRest);
        expect([...(tags as string[])]).toEqual(((wantedTags ?? []) as string[]).toSorted());
        expect(Object.entries(properties as object).sort()).toEqual(Object.entries((wantedProperties ?? {}) as object).sort());
      }
      expect(JSON.stringify(before)).toBe(untouched);
      expect(Object.hasOwn(Object.prototype, 'a')).toBe(false);
    }),
    { numRuns: draws(3000) },
  );
  // All three ways were met.
  expect(Math.min(seen.done, seen.misfit, seen.refused)).toBeGreaterThan(draws(100));
});

it('the changes of a merge patch make of an image what RFC 7386 makes of it', () => {
  const orNull = <T>(inner: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(inner, { nil: null });
  const properties = fc.array(fc.tuple(key, orNull(text)), { maxLength: 4 }).map((pairs) => new Map(pairs));
  const document = fc.record(
    {
      name: nameText,
      description: orNull(text),
      protected: orNull(fc.boolean()),
      minDiskBytes: orNull(fc.nat()),
      tags: orNull(fc.array(text, { maxLength: 3 })),
      properties: orNull(properties),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(image, document, (before, patch) => {
      const wanted = new Map(Object.entries(editableOf(before as never)));
      const kept = new Map(Object.entries(before.properties));
      for (const [name, found] of Object.entries(patch)) {
        if (found === null) wanted.delete(name);
        else if (!(found instanceof Map)) wanted.set(name, found as Json);
        else
          for (const [one, to] of found)
            if (to === null) kept.delete(one);
            else kept.set(one, to);
      }
      // Lists and maps of an image may be empty, and are never missing.
      if (!wanted.has('tags')) wanted.set('tags', []);
      wanted.set('properties', patch.properties === null ? {} : Object.fromEntries(kept));
      // As it is read from a file: only a parser makes a key of any name.
      const content: unknown = JSON.parse(
        JSON.stringify(patch, (_name, found: unknown) => (found instanceof Map ? Object.fromEntries(found) : found)),
      );
      const changes = changesByDocument(before, { kind: 'merge-patch', content });
      expect(after(before, changes)).toEqual(inOrder(Object.fromEntries(wanted)));
    }),
    { numRuns: draws(3000) },
  );
});

/** What the other implementation knows too: keys that no object inherits, and places that are numbers. */
const plainKey = fc.constantFrom('a', 'b', 'with/slash', 'with~tilde', '~1', '', '0', 'ü');
const plainPointer = fc.oneof(
  fc.constantFrom('/name', '/description', '/tags', '/properties', '/tags/0', '/tags/1', '/missing/a', '/name/x'),
  plainKey.map((name) => `/properties/${escaped(name)}`),
);
const plainValue: fc.Arbitrary<Json> = fc.oneof(text, fc.constantFrom<Json>(null, true, 7, ['x'], { a: 'x' }));
const plainStep: fc.Arbitrary<PatchStep> = fc.oneof(
  fc.record({ op: fc.constantFrom('add' as const, 'replace' as const, 'test' as const), path: plainPointer, value: plainValue }),
  fc.record({ op: fc.constant('add' as const), path: fc.constant('/tags/-'), value: plainValue }),
  fc.record({ op: fc.constant('remove' as const), path: plainPointer }),
  fc.record({ op: fc.constantFrom('move' as const, 'copy' as const), path: plainPointer, from: plainPointer }),
);

it('a JSON Patch does what another implementation of RFC 6902 does', () => {
  const seen = { done: 0, misfit: 0 };
  const two = fc
    .tuple(text, text)
    .map(([one, other]) => ({ name: one, tags: [one, other], properties: { a: one, 'with/slash': other } }));
  fc.assert(
    fc.property(two, plainStep, (document, step) => {
      const theirs = structuredClone(document);
      let failed: unknown;
      try {
        failed = applyPatch(theirs, [structuredClone(step)] as Operation[]).find((error) => error !== null);
      } catch (error) {
        failed = error;
      }
      seen[failed ? 'misfit' : 'done'] += 1;
      if (failed) expect(() => applyJsonPatch(document, [step])).toThrow(PatchMisfit);
      else expect(applyJsonPatch(document, [step])).toEqual(theirs);
    }),
    { numRuns: draws(5000) },
  );
  expect(Math.min(seen.done, seen.misfit)).toBeGreaterThan(draws(100));
});

describe('cases of RFC 6902 and RFC 6901, and keys that are names of the language', () => {
  const fitting: readonly (readonly [string, Json, readonly PatchStep[], Json])[] = [
    ['A.1 a member is added', { foo: 'bar' }, [{ op: 'add', path: '/baz', value: 'qux' }], { baz: 'qux', foo: 'bar' }],
    [
      'A.2 an element is added',
      { foo: ['bar', 'baz'] },
      [{ op: 'add', path: '/foo/1', value: 'qux' }],
      { foo: ['bar', 'qux', 'baz'] },
    ],
    ['A.4 an element is removed', { foo: ['bar', 'qux', 'baz'] }, [{ op: 'remove', path: '/foo/1' }], { foo: ['bar', 'baz'] }],
    [
      'A.6 a value is moved',
      { a: { w: 'b' }, q: { c: 1 } },
      [{ op: 'move', from: '/a/w', path: '/q/t' }],
      { a: {}, q: { c: 1, t: 'b' } },
    ],
    [
      'A.7 an element is moved',
      { foo: ['all', 'grass', 'cows', 'eat'] },
      [{ op: 'move', from: '/foo/1', path: '/foo/3' }],
      { foo: ['all', 'cows', 'eat', 'grass'] },
    ],
    [
      'A.10 a nested member is added',
      { foo: 'bar' },
      [{ op: 'add', path: '/child', value: { grandchild: {} } }],
      { foo: 'bar', child: { grandchild: {} } },
    ],
    ['A.14 ~ is unescaped in order', { '/': 9, '~1': 10 }, [{ op: 'test', path: '/~01', value: 10 }], { '/': 9, '~1': 10 }],
    [
      'A.16 a list is added at the end',
      { foo: ['bar'] },
      [{ op: 'add', path: '/foo/-', value: ['abc'] }],
      { foo: ['bar', ['abc']] },
    ],
    ['a value onto itself', { a: 1 }, [{ op: 'move', from: '/a', path: '/a' }], { a: 1 }],
    ['toString is added', { p: {} }, [{ op: 'add', path: '/p/toString', value: 'x' }], { p: { toString: 'x' } }],
    [
      'constructor is replaced',
      { p: { constructor: 'x' } },
      [{ op: 'replace', path: '/p/constructor', value: 'y' }],
      { p: { constructor: 'y' } },
    ],
  ];
  it.each(fitting)('%s', (_what, document, patch, result) => expect(applyJsonPatch(document, patch)).toEqual(result));

  const misfits: readonly (readonly [string, PatchStep])[] = [
    ['A.8 a test that does not hold', { op: 'test', path: '/name', value: 'bar' }],
    ['A.12 the parent is not there', { op: 'add', path: '/baz/bat', value: 'qux' }],
    ['A.15 a number is not its text', { op: 'test', path: '/number', value: '10' }],
    ['a place behind the end', { op: 'add', path: '/tags/3', value: 'x' }],
    ['a place with a leading zero', { op: 'replace', path: '/tags/01', value: 'x' }],
    ['a place that is a word', { op: 'remove', path: '/tags/length' }],
    ['the end, to be removed', { op: 'remove', path: '/tags/-' }],
    ['the whole', { op: 'replace', path: '', value: {} }],
    ['no pointer', { op: 'remove', path: 'name' }],
    ['into itself', { op: 'move', from: '/p', path: '/p/q' }],
    ['an inherited key is not there', { op: 'remove', path: '/p/__proto__' }],
    ['nor to be copied', { op: 'copy', from: '/p/constructor', path: '/name' }],
    ['nor to be tested', { op: 'test', path: '/p/toString', value: null }],
    ['nor to be gone into', { op: 'add', path: '/p/__proto__/polluted', value: 'x' }],
  ];
  it.each(misfits)('does not fit: %s', (_what, step) => {
    expect(() => applyJsonPatch({ name: 'foo', number: 10, tags: ['a', 'b'], p: {} }, [step])).toThrow(PatchMisfit);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('__proto__ becomes a key like any other', () => {
    const after = applyJsonPatch({ p: {} }, [{ op: 'add', path: '/p/__proto__', value: 'x' }]);
    expect(JSON.stringify(after)).toBe('{"p":{"__proto__":"x"}}');
  });

  it('a step that does not fit undoes those before it', () => {
    const document = { name: 'foo', tags: ['a'] };
    expect(() =>
      applyJsonPatch(document, [
        { op: 'replace', path: '/name', value: 'x' },
        { op: 'remove', path: '/nothing' },
      ]),
    ).toThrow();
    expect(document).toEqual({ name: 'foo', tags: ['a'] });
  });
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { changesByDocument } from '../../src/cli/patch-document.ts';
import { propertiesAfter } from '../../src/core/changes.ts';
import { ImgctlError } from '../../src/core/errors.ts';
import type { Image } from '../../src/core/image.ts';
import { Misfit, patched, type Json, type ModelStep } from './json-patch-model.ts';

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

const image = fc
  .record({
    name: text,
    description: fc.option(text, { nil: undefined }),
    protected: fc.option(fc.boolean(), { nil: undefined }),
    minDiskBytes: fc.option(fc.nat(), { nil: undefined }),
    tags: fc.array(text, { maxLength: 3 }),
    properties: fc.array(fc.tuple(key, text), { maxLength: 4 }).map((pairs) => Object.fromEntries(pairs)),
  })
  .map((fields): Image => {
    const known = Object.entries(fields).filter(([, value]) => value !== undefined);
    return {
      ...{ name: fields.name, tags: fields.tags, properties: fields.properties },
      ...(Object.fromEntries(known) as object),
      ...{ id: '1', status: 'active', providerStatus: 'active', places: [], profile: 'p', provider: 'q', raw: {} },
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
const modelStep: fc.Arbitrary<ModelStep> = fc.oneof(
  fc.record({ op: fc.constantFrom('add' as const, 'replace' as const, 'test' as const), path: pointer, value }),
  fc.record({ op: fc.constant('remove' as const), path: pointer }),
  fc.record({ op: fc.constantFrom('move' as const, 'copy' as const), path: pointer, from: pointer }),
);

const fields = ['name', 'description', 'protected', 'minDiskBytes', 'tags', 'properties'] as const;
const kinds: Readonly<Record<string, (found: Json) => boolean>> = {
  name: (found) => typeof found === 'string',
  description: (found) => typeof found === 'string',
  protected: (found) => typeof found === 'boolean',
  minDiskBytes: (found) => typeof found === 'number',
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
  return Object.fromEntries([...now].filter(([, found]) => found !== null));
}

it('a JSON Patch does to an image what an implementation of its own says', () => {
  const seen = { done: 0, misfit: 0, refused: 0 };
  fc.assert(
    fc.property(image, fc.array(modelStep, { minLength: 1, maxLength: 4 }), (before, steps) => {
      const untouched = JSON.stringify(before);
      const attempt = (): ReturnType<typeof changesByDocument> =>
        changesByDocument(before, { kind: 'json-patch', content: structuredClone(steps), touches: {} });
      let wanted: Json;
      try {
        wanted = editableOf(patched(before as never, steps));
      } catch (error) {
        if (!(error instanceof Misfit)) throw error;
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
        expect([...(tags as string[])]).toEqual([...((wantedTags ?? []) as string[])]);
        expect(Object.entries(properties as object).sort()).toEqual(Object.entries((wantedProperties ?? {}) as object).sort());
      }
      expect(JSON.stringify(before)).toBe(untouched);
      expect(Object.hasOwn(Object.prototype, 'a')).toBe(false);
    }),
    { numRuns: 3000, seed: 20_260_101 },
  );
  // All three ways were met.
  expect(Math.min(seen.done, seen.misfit, seen.refused)).toBeGreaterThan(100);
});

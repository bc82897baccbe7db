import { anyText, draws, fc } from '../support/draws.ts';
import { describe, expect, it } from 'vitest';
import { matches } from '../../src/core/filter.ts';
import { globPattern } from '../../src/core/glob.ts';
import type { Image } from '../../src/core/image.ts';
import { humanSize, parseDuration, parseSize } from '../../src/core/quantity.ts';
import { parseReference } from '../../src/core/reference.ts';
import type { Filters } from '../../src/core/request.ts';
import { createRedactor } from '../../src/core/redact.ts';
import { shownBody } from '../../src/http/redact.ts';
import { costOf } from '../support/cpu-time.ts';

/** Without half a pair of surrogates, which no encoding on a wire can carry. */
const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text);

const settings = { numRuns: draws(1000) };

/** Whether a text fits a glob, by trying everything. */
function fits(glob: readonly string[], text: readonly string[]): boolean {
  const [first, ...rest] = glob;
  if (first === undefined) return text.length === 0;
  if (first === '\\' && rest.length > 0) return text.length > 0 && rest[0] === text[0] && fits(rest.slice(1), text.slice(1));
  if (first === '*') return fits(rest, text) || (text.length > 0 && fits(glob, text.slice(1)));
  return text.length > 0 && (first === '?' || first === text[0]) && fits(rest, text.slice(1));
}

describe('filters', () => {
  const sign = fc.constantFrom('a', 'b', '.', '*', '?', '+', '[', ']', '(', '\\', '^', '$', '|', '{', '\n', '👩', '-');
  // Classes and choices are held against a shell's elsewhere.
  const plain = fc.constantFrom('a', 'b', '.', '*', '?', '+', ']', '(', '\\', '^', '$', '|', '}', '\n', '👩', '-');
  it('a glob fits what trying everything says', () => {
    fc.assert(
      fc.property(fc.array(plain, { maxLength: 7 }), fc.array(sign, { maxLength: 7 }), (glob, text) => {
        expect(globPattern(glob.join('')).test(text.join(''))).toBe(fits(glob, text));
      }),
      { ...settings, numRuns: draws(3000) },
    );
  });

  it('a glob of many stars does not take for ever', () => {
    const { ms } = costOf(() => globPattern(`${'*a'.repeat(12)}*b`).test('a'.repeat(60)));
    expect(ms).toBeLessThan(1000);
  });

  const word = fc.constantFrom('a', 'b', 'active', 'x');
  const time = fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-01T00:00:00.5Z', '2026-06-01T12:00:00Z', 'yesterday');
  const maybe = <T>(inner: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
    fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: inner });
  const given = <T extends object>(fields: T): Partial<T> =>
    Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
  const often = <T>(inner: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(inner, { nil: undefined });
  const image = fc
    .record({
      name: word,
      providerStatus: word,
      status: fc.constantFrom('active', 'queued'),
      owner: often(word),
      diskFormat: often(word),
      sizeBytes: often(fc.nat(3)),
      createdAt: often(time),
      tags: fc.array(word, { maxLength: 3 }),
      properties: fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'toString'), word),
    })
    .map((fields) => ({ id: '1', profile: 'p', provider: 'q', places: [], raw: {}, ...given(fields) }) as unknown as Image);
  const filters = fc
    .record({
      name: maybe(word),
      status: maybe(word),
      owner: maybe(word),
      diskFormat: maybe(word),
      minSizeBytes: maybe(fc.nat(3)),
      maxSizeBytes: maybe(fc.nat(3)),
      createdBefore: maybe(time.filter((one) => one !== 'yesterday')),
      createdAfter: maybe(time.filter((one) => one !== 'yesterday')),
      tags: maybe(fc.array(word, { maxLength: 2 })),
      properties: maybe(fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'toString'), word, { maxKeys: 2 })),
    })
    .map((fields) => given(fields) as Filters);

  /** Every filter as one sentence. */
  const model = (one: Image, asked: Filters): boolean => {
    const ms = Date.parse(one.createdAt ?? '');
    const size = one.sizeBytes ?? Number.NaN;
    return [
      asked.name === undefined || one.name === asked.name,
      asked.status === undefined || [one.status, one.providerStatus].includes(asked.status),
      asked.owner === undefined || one.owner === asked.owner,
      asked.diskFormat === undefined || one.diskFormat === asked.diskFormat,
      asked.minSizeBytes === undefined || size >= asked.minSizeBytes,
      asked.maxSizeBytes === undefined || size <= asked.maxSizeBytes,
      asked.createdBefore === undefined || ms < Date.parse(asked.createdBefore),
      asked.createdAfter === undefined || ms > Date.parse(asked.createdAfter),
      (asked.tags ?? []).every((tag) => one.tags.includes(tag)),
      Object.entries(asked.properties ?? {}).every(([key, value]) => new Map(Object.entries(one.properties)).get(key) === value),
    ].every(Boolean);
  };

  it('an image passes exactly when every filter holds for it', () => {
    const seen = { passed: 0, refused: 0 };
    fc.assert(
      fc.property(image, filters, (one, asked) => {
        const wanted = model(one, asked);
        seen[wanted ? 'passed' : 'refused'] += 1;
        expect(matches(one, asked)).toBe(wanted);
      }),
      { ...settings, numRuns: draws(5000) },
    );
    expect(Math.min(seen.passed, seen.refused)).toBeGreaterThan(50);
  });
});

describe('references', () => {
  const profile = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,9}$/);
  it('what stands before the first colon is a profile only if there is one of that name', () => {
    fc.assert(
      fc.property(profile, fc.string(), fc.boolean(), (name, image, exists) => {
        fc.pre(name !== 'env');
        const found = parseReference(`${name}:${image}`, (asked) => exists && asked === name);
        expect(found).toEqual(exists ? { profile: name, image } : { image: `${name}:${image}` });
      }),
      settings,
    );
  });

  it('nothing of the text is lost, whatever it is', () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        const { profile: name, image } = parseReference(text, (asked) => asked.length === 3);
        expect([text, `${text}:`]).toContain(name === undefined ? image : `${name}:${image}`);
      }),
      settings,
    );
  });
});

describe('quantities', () => {
  const units = fc.constantFrom(
    ...(
      ['', 'K', 'M', 'G', 'T'].flatMap((unit, power) => [
        [`${unit}`, 1024 ** power],
        [`${unit}iB`, 1024 ** power],
        [`${unit}B`, 1000 ** power],
      ]) as (readonly [string, number])[]
    ).filter(([unit]) => unit !== 'iB'),
  );
  it('sizes are their number times their unit, in either case', () => {
    fc.assert(
      fc.property(fc.nat(4000), units, fc.boolean(), (number, [unit, bytes], lower) => {
        const text = `${number}${unit}`;
        expect(parseSize(lower ? text.toLowerCase() : text)).toBe(number * bytes);
      }),
      settings,
    );
  });

  it('a size as it is shown reads as nearly the same size', () => {
    fc.assert(
      fc.property(
        fc.nat(2 ** 31 - 1).map((number) => number * 3_000_000),
        (bytes) => {
          const back = parseSize(humanSize(bytes).replace(' ', ''));
          expect(Math.abs(back - bytes)).toBeLessThanOrEqual(bytes * 0.05 + 1);
        },
      ),
      settings,
    );
  });

  it('durations are their number times their unit; everything else is refused', () => {
    const unit = fc.constantFrom(['ms', 1], ['s', 1000], ['m', 60_000], ['h', 3_600_000], ['d', 86_400_000]) as fc.Arbitrary<
      readonly [string, number]
    >;
    fc.assert(
      fc.property(fc.nat(10_000), unit, (number, [name, ms]) => void expect(parseDuration(`${number}${name}`)).toBe(number * ms)),
      settings,
    );
    const odd = fc.string().filter((text) => !/^\s*\d+(\.\d+)?(ms|s|m|h|d)\s*$/.test(text));
    fc.assert(
      fc.property(odd, (text) => void expect(() => parseDuration(text)).toThrow('invalid duration')),
      settings,
    );
  });
});

describe('redaction', () => {
  const fewer = { ...settings, numRuns: draws(300) };
  const secret = fc
    .string({ minLength: 6, maxLength: 40, unit: 'grapheme' })
    .filter((text) => text.length >= 6 && !'[secret]'.includes(text) && text.trim() !== '');
  const around = fc.string({ maxLength: 20 });
  const ways: readonly ((text: string) => string)[] = [
    (text) => text,
    encodeURIComponent,
    (text) => JSON.stringify(text).slice(1, -1),
    (text) => Buffer.from(text).toString('base64'),
  ];

  it('a learned secret is in no line, in none of the ways it is written', () => {
    fc.assert(
      fc.property(secret, around, around, fc.constantFrom(...ways), (value, before, behind, way) => {
        fc.pre(isWellFormed(value) && !before.includes(way(value)) && !behind.includes(way(value)));
        const redactor = createRedactor();
        redactor.learn(value);
        for (const shown of [redactor.hide(`${before}${way(value)}${behind}`), redactor.line(`${before}${way(value)}${behind}`)])
          expect(shown.replaceAll('[secret]', '\u0000')).not.toContain(way(value));
      }),
      fewer,
    );
  });

  it('both halves of Basic and the token of Bearer are secrets too', () => {
    fc.assert(
      fc.property(secret, fc.stringMatching(/^[a-z]{1,8}$/), (password, user) => {
        fc.pre(isWellFormed(password) && !password.startsWith(':'));
        const redactor = createRedactor();
        const encoded = Buffer.from(`${user}:${password}`).toString('base64');
        redactor.learn(`Basic ${encoded}`);
        const shown = redactor.hide(`${encoded} and ${password} and ${Buffer.from(password).toString('base64')}`);
        expect(shown).toBe('[secret] and [secret] and [secret]');
      }),
      fewer,
    );
  });

  it('values of telling fields are in no body that is shown, however deep', () => {
    const name = fc.constantFrom(
      'password',
      'token',
      'X-Auth-Token',
      'secretKey',
      'adminPass_password',
      'upload_to',
      'access_key',
      'apiKey',
    );
    const nested = fc.array(fc.constantFrom('list', 'object'), { maxLength: 5 });
    fc.assert(
      fc.property(name, nested, (field, shells) => {
        const body = shells.reduce<unknown>((inner, shell) => (shell === 'list' ? [inner] : { inside: inner }), {
          [field]: 'planted-4711',
          other: 'kept',
        });
        const shown = shownBody(JSON.stringify(body));
        expect(shown).not.toContain('planted-4711');
        expect(shown).toContain('kept');
      }),
      settings,
    );
  });
});

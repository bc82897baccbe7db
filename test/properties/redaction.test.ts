import { draws, fc } from '../support/draws.ts';
import { expect, it } from 'vitest';
import { createRedactor } from '../../src/core/redact.ts';
import { costOf } from '../support/cpu-time.ts';

const upper = (number: number, digits: number): string => number.toString(16).toUpperCase().padStart(digits, '0');
const backslashes = (times: number): string => '\\'.repeat(times);

/** Ways in which one sign of a quoted text may have been written, by whoever quotes it. */
const ways: readonly ((sign: string) => string)[] = [
  (sign) => sign,
  (sign) => [...Buffer.from(sign)].map((byte) => `%${upper(byte, 2)}`).join(''),
  (sign) => [...Buffer.from(sign)].map((byte) => `%${upper(byte, 2).toLowerCase()}`).join(''),
  (sign) =>
    [...sign].flatMap((one) => Array.from({ length: one.length }, (_, at) => `\\u${upper(one.charCodeAt(at), 4)}`)).join(''),
  (sign) => JSON.stringify(sign).slice(1, -1),
  (sign) => JSON.stringify(JSON.stringify(sign).slice(1, -1)).slice(1, -1),
  (sign) => `&#${sign.codePointAt(0) ?? 0};`,
  (sign) => `&#x${upper(sign.codePointAt(0) ?? 0, 1)};`,
  (sign) => (sign === ' ' ? '+' : sign),
];

it('a secret is hidden whatever mixture of ways it is written in', () => {
  const special = fc.constantFrom(
    '"',
    "'",
    '&',
    '<',
    '>',
    ' ',
    '/',
    '+',
    '%',
    '(',
    '!',
    '*',
    '~',
    'ü',
    '👩',
    '\n',
    '$',
    '[',
    '|',
    '^',
  );
  const written = fc.tuple(fc.constantFrom('a', 'B', '7', '-', '.', '_'), special, fc.nat(ways.length - 1));
  fc.assert(
    fc.property(fc.array(written, { minLength: 4, maxLength: 20 }), (signs) => {
      const redactor = createRedactor();
      redactor.learn(signs.map(([plain, sign]) => plain + sign).join(''));
      const text = signs.map(([plain, sign, way]) => plain + (ways[way] ?? String)(sign)).join('');
      expect(redactor.hide(`before ${text} behind`)).toBe('before [secret] behind');
    }),
    { numRuns: draws(1000) },
  );
});

it('backslashes may have become four times as many', () => {
  const redactor = createRedactor();
  redactor.learn(`C:${backslashes(3)}secret${backslashes(1)}x`);
  for (const times of [1, 2, 4])
    expect(redactor.hide(`<C:${backslashes(3 * times)}secret${backslashes(times)}x>`)).toBe('<[secret]>');
});

it('nothing else is hidden', () => {
  const redactor = createRedactor();
  redactor.learn('a.b*c$d(e)');
  for (const text of ['aXb*c$d(e)', 'a.bbc$d(e)', 'A.B*C$D(E)', 'a.b*c$d', '']) expect(redactor.hide(text)).toBe(text);
});

it('long secrets, many of them, and long texts are no burden', () => {
  const redactor = createRedactor();
  for (let count = 0; count < 20; count += 1) redactor.learn(`${count}`.repeat(1000) + '\\"'.repeat(30));
  const text = `${'1'.repeat(999)}x${'\\'.repeat(200)}"`.repeat(200);
  const { result, ms } = costOf(() => redactor.hide(text));
  expect(result).toBe(text);
  expect(ms).toBeLessThan(5000);
});

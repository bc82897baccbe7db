import { anyText, fc } from '../support/draws.ts';
import { describe, expect, it } from 'vitest';
import { jsonText, safe, safeKeepingLines } from '../../src/ui/sanitize.ts';

/** What a terminal acts upon, or what reorders or hides text. */
const dangerous = new RegExp(
  String.raw`[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufff8\u{e0000}-\u{e00ff}\u{e01f0}-\u{e0fff}\p{Cs}]`,
  'u',
);

describe('safe', () => {
  it.each([
    ['\u001b[2J', String.raw`\u001b[2J`],
    ['\u001b]0;title\u0007', String.raw`\u001b]0;title\u0007`],
    ['a\nb\tc\rd', String.raw`a\nb\tc\rd`],
    ['\u009b31m', String.raw`\u009b31m`],
    ['\u007f', String.raw`\u007f`],
    ['evil\u202egnp.exe', String.raw`evil\u202egnp.exe`],
    ['\u2066iso\u2069', String.raw`\u2066iso\u2069`],
    ['a\u200bb\ufeff', String.raw`a\u200bb\ufeff`],
    ['\u2028\u2029', String.raw`\u2028\u2029`],
    ['\ud800x', String.raw`\ud800x`],
    ['\u{e0041}', String.raw`\udb40\udc41`],
    ['\u3164', String.raw`\u3164`],
    ['\u{e0002}\u{e0fff}', String.raw`\udb40\udc02\udb43\udfff`],
  ])('shows %j escaped', (text, shown) => {
    expect(safe(text)).toBe(shown);
  });

  it('leaves ordinary text of any script as it is', () => {
    for (const text of ['ubuntu-24.04', 'Zürich', '日本語', 'العربية', 'हिन्दी', '✅ 🇳🇿 👍🏽', '❤️']) expect(safe(text)).toBe(text);
  });

  it('lets nothing dangerous through, whatever comes', () => {
    fc.assert(fc.property(anyText(), (text) => !dangerous.test(safe(text))));
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('\u001b', '\n', '\ud800', '\udc00', '\u202e', 'a', '日') }),
        (text) => !dangerous.test(safe(text)),
      ),
    );
  });

  it('can keep line ends and tabs for formats that quote them', () => {
    expect(safeKeepingLines('a\r\nb\tc\u001b')).toBe('a\r\nb\tc\\u001b');
  });
});

describe('jsonText', () => {
  it('is exactly the value again, and harmless on the way', () => {
    fc.assert(
      fc.property(fc.jsonValue(), anyText(), (value, text) => {
        const written = jsonText({ value, text });
        expect(dangerous.test(written)).toBe(false);
        expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify({ value, text })));
      }),
    );
  });

  it('escapes what JSON itself would let through', () => {
    expect(jsonText('\u202e\u2028\u009b\u007f\u{e0041}')).toBe(String.raw`"\u202e\u2028\u009b\u007f\udb40\udc41"`);
  });

  it('keeps the line ends of its own indentation', () => {
    expect(jsonText({ a: 1 }, 2)).toBe('{\n  "a": 1\n}');
  });
});

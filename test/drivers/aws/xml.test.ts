import { fc } from '../../support/draws.ts';
import { describe, expect, it } from 'vitest';
import { parseXml, rowsIn, type Xml } from '../../../src/drivers/aws/xml.ts';
import { element } from '../../clouds/aws/xml.ts';

const read = (inner: string): Xml => parseXml(`<?xml version="1.0"?>\n<Answer xmlns="x">${inner}</Answer>`, 'reading', 'Answer');

describe('a document of the Query API', () => {
  it('is texts, lists of items, and what is in elements', () => {
    expect(
      read('<a>1</a><b/><c><item><d>x</d></item><item><d>y</d></item></c><e><f>g &amp;lt; &#233;</f></e><!-- no <x> -->'),
    ).toEqual({
      a: '1',
      b: '',
      c: [{ d: 'x' }, { d: 'y' }],
      e: { f: 'g &lt; é' },
    });
  });

  it('has no rows where a list is absent or empty', () => {
    expect([rowsIn(undefined), rowsIn(''), rowsIn('x')]).toEqual([[], [], []]);
  });

  it.each([
    '',
    'x',
    '<a>',
    '<Answer><a></Answer>',
    '<Answer></a>',
    '<Answer/><b/>',
    '<!DOCTYPE x><Answer/>',
    '<Other></Other>',
    `${'<a>'.repeat(100_000)}`,
  ])('is refused where it is none: %s', (text) => {
    expect(() => parseXml(text, 'reading', 'Answer')).toThrow(expect.objectContaining({ code: 'PROVIDER' }) as Error);
  });

  it('is read as it was written, whatever texts are in it', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 });
    const name = fc.constantFrom('a', 'tagSet', '__proto__', 'constructor');
    fc.assert(
      fc.property(
        fc.dictionary(name, fc.oneof(text, fc.array(fc.record({ key: text }), { minLength: 1, maxLength: 3 })), { minKeys: 1 }),
        (value) => {
          expect(
            read(
              Object.entries(value)
                .map(([key, inner]) => element(key, inner))
                .join(''),
            ),
          ).toEqual(value);
        },
      ),
    );
  });
});

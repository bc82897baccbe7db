import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../src/core/redact.ts';
import { isServicePage, htmlText, htmlTitle } from '../../src/core/html-text.ts';
import { costOf } from '../support/cpu-time.ts';

/** What a page or an address of a megabyte may take; the square of it would take minutes. */
const limitMs = 1000;
const long = (unit: string): string => unit.repeat(Math.ceil(1e6 / unit.length));

describe('the time that a long text takes does not grow with its square', () => {
  it.each(['n', '1', 'a.', 'n ', '://', 'a:', '+'])('what was typed: %s again and again', (unit) => {
    expect(costOf(() => createRedactor().learnAddress(long(unit))).ms).toBeLessThan(limitMs);
  });

  it.each(['<h1>', '</h1>', '<head ', '<script>', '<title>', '<hr ', '<', '&', '<br />', '<h1>x</h1><br />'])(
    'a page of a gateway: %s again and again',
    (unit) => {
      const page = `<html>${long(unit)}`;
      for (const read of [isServicePage, htmlText, htmlTitle]) expect(costOf(() => read(page)).ms).toBeLessThan(limitMs);
    },
  );

  it('nor that of a line after thousands of addresses that a transfer has learned', () => {
    const redactor = createRedactor();
    const state = (n: number): string => Buffer.from(`${n} `.repeat(100)).toString('base64');
    const work = (): void => {
      for (let n = 0; n < 1000; n += 1) {
        redactor.learn(state(n));
        redactor.line(`uploading: ${n} of 1000`);
      }
    };
    expect(costOf(work).ms).toBeLessThan(limitMs);
    expect(redactor.line(`at ${encodeURIComponent(state(7))}`)).toBe('at [secret]');
  });

  it('an address is found wherever it stands', () => {
    for (const text of [
      'https://u:secret99@h/',
      'see https://u:secret99@h/',
      '1https://u:secret99@h/',
      'at=https://u:secret99@h/',
    ]) {
      const redactor = createRedactor();
      redactor.learnAddress(text);
      expect(redactor.hide('it was secret99'), text).not.toContain('secret99');
    }
  });
});

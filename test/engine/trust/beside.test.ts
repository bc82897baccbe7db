import { describe, expect, it } from 'vitest';
import { beside, fileNameOf, shownPlace } from '../../../src/engine/trust/beside.ts';

describe('what lies beside a file', () => {
  it.each([
    ['https://host/a/disk.raw?token=x', 'SHA256SUMS', 'https://host/a/SHA256SUMS'],
    ['https://host/a/disk.raw', 'a b#c.asc', 'https://host/a/a%20b%23c.asc'],
    ['folder/disk.raw', 'disk.raw.sha256', 'folder/disk.raw.sha256'],
    ['disk.raw', 'SHA256SUMS', 'SHA256SUMS'],
  ])('of %s, %s is %s', (of, name, place) => expect(beside(of, name)).toBe(place));

  it('is named without what may be a credential', () => {
    expect([
      shownPlace('https://host/a/disk.raw?sig=x'),
      fileNameOf('https://host/a/my%20disk.raw?sig=x'),
      fileNameOf('a/b.raw'),
    ]).toEqual(['https://host/a/disk.raw', 'my disk.raw', 'b.raw']);
  });
});

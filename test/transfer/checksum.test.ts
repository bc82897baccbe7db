import { createHash } from 'node:crypto';
import { fc } from '../support/draws.ts';
import { describe, expect, it } from 'vitest';
import { checkedSource, checkNow, parseChecksum, strongest } from '../../src/transfer/checksum.ts';
import { withholdTail } from '../../src/transfer/withhold-tail.ts';
import { all, chunked, failure, remote } from './sources.ts';

const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, n) => (n * 7 + (n >> 8)) & 255));
const hex = (algorithm: string): string => createHash(algorithm).update(bytes).digest('hex');

describe('a checksum', () => {
  it('is read in any case, and must be one', () => {
    expect(parseChecksum(`SHA256:${hex('sha256').toUpperCase()}`)).toEqual({ algorithm: 'sha256', hex: hex('sha256') });
    for (const wrong of [
      '',
      'sha256',
      'sha256:',
      'sha256:12',
      'crc32:12345678',
      `md5:${'g'.repeat(32)}`,
      `toString:${'0'.repeat(32)}`,
    ])
      expect(() => parseChecksum(wrong), wrong).toThrow('--checksum');
  });

  it('of those published the strongest counts', () => {
    const [md5, sha1] = ['AB'.repeat(16), 'cd'.repeat(20)];
    expect(strongest({ md5, sha1, 'x-own': 'z' })).toEqual({ algorithm: 'sha1', hex: sha1 });
    expect(strongest({ md5, sha1: 'too short' })).toEqual({ algorithm: 'md5', hex: md5.toLowerCase() });
    expect(strongest({ crc: '1' })).toBeUndefined();
    expect(strongest(undefined)).toBeUndefined();
  });
});

describe('a checked source', () => {
  const right = { algorithm: 'sha256', hex: hex('sha256') };
  const wrong = { algorithm: 'md5', hex: '0'.repeat(32) };

  it('gives the same bytes, or fails before the last of them', async () => {
    const { source } = remote(bytes);
    expect((await all(checkedSource(source, [right]))).equals(bytes)).toBe(true);
    expect((await failure(all(checkedSource(source, [right, wrong])), 'INTEGRITY')).message).toContain(
      `has the md5 ${hex('md5')}, not 000`,
    );
    expect((await all({ open: () => checkedSource(source, [wrong]).open(5) })).length).toBe(bytes.length - 5);
    await checkNow(source, [right]);
    await failure(checkNow(source, [wrong]), 'INTEGRITY');
  });
});

describe('bytes held back', () => {
  it('are all given in the end, the last only when they are agreed to', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(3000), fc.integer({ min: 1, max: 1000 }), fc.boolean(), async (length, chunk, isKnown) => {
        const part = bytes.subarray(0, length);
        const total = isKnown ? length : undefined;
        let agreed = false;
        expect(
          (await all({ open: () => withholdTail(chunked(part, chunk), total, () => void (agreed = true)) })).equals(part),
        ).toBe(true);
        expect(agreed).toBe(true);
        let got = 0;
        const refusing = withholdTail(chunked(part, chunk), total, () => {
          throw new Error('no');
        });
        await expect(
          (async () => {
            for await (const piece of refusing) got += piece.length;
          })(),
        ).rejects.toThrow('no');
        expect(got).toBe(Math.max(0, length - (length % chunk || Math.min(chunk, length))));
      }),
    );
  });
});

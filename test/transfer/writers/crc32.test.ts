import { crc32 } from 'node:zlib';
import { fc } from '../../support/draws.ts';
import { expect, it } from 'vitest';
import { crc32Append, crc32AppendZeros, crc32Combine } from '../../../src/transfer/writers/crc32.ts';

it('appends zeros to a CRC as if they had been there', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 100 }),
      fc.oneof(fc.nat(70), fc.nat(3_000_000)),
      fc.uint8Array({ maxLength: 9 }),
      (before, zeros, after) => {
        const whole = Buffer.concat([before, Buffer.alloc(zeros), after]);
        expect(crc32Append(crc32AppendZeros(crc32Append(0, before), zeros), after)).toBe(crc32(whole));
      },
    ),
  );
});

it('goes on beyond lengths of 32 bits: two steps are as good as one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffffffff }), fc.maxSafeNat(), fc.nat(2 ** 31 - 1), (crc, one, other) => {
      const first = Math.floor(one / 2);
      expect(crc32AppendZeros(crc32AppendZeros(crc, first), other)).toBe(crc32AppendZeros(crc, first + other));
    }),
  );
});

it('joins the CRCs of two pieces', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (first, second) => {
      expect(crc32Combine(crc32(first), crc32(second), second.length)).toBe(crc32(Buffer.concat([first, second])));
    }),
  );
});

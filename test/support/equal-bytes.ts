import { expect } from 'vitest';

/** Compares buffers as bytes: number by number, as vitest does it, a mebibyte takes a second. What differs is left to it to show. */
expect.addEqualityTesters([
  (one, other) => (Buffer.isBuffer(one) && Buffer.isBuffer(other) && one.equals(other) ? true : undefined),
]);

import { expect, it } from 'vitest';
import { gzipBytes } from '../../src/transfer/writers/gzip.ts';
import { collect, installed, overFourGib, runsOf, through } from '../transfer/writers/guest.ts';

/** Checks CRC and length itself, and raises an error where they are wrong. */
const python = `
import sys, zlib
d = zlib.decompressobj(31); n = 0
while chunk := sys.stdin.buffer.read(1 << 13): n += len(d.decompress(chunk))
print(d.eof, len(d.unused_data), n)`;

it.skipIf(!installed('python3'))('a gzip of more than 4 GiB is read by Python (skipped where it is not installed)', async () => {
  const written = await collect(gzipBytes(runsOf(overFourGib)));
  const length = overFourGib.reduce((sum, piece) => sum + piece.length, 0);
  expect((await through([written], 'python3', '-c', python)).toString().trim()).toBe(`True 0 ${length}`);
});

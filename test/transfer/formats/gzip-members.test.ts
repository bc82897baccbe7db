import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { watchGzipMembers } from '../../../src/transfer/formats/gzip-members.ts';
import * as images from '../../support/disk-images.ts';
import { diskBytes } from '../../support/content.ts';
import { gather, streamOf } from './draining.ts';

const disk = images.guestDisk(300_032, 3);
/** With a name, a comment, more fields and a checksum of the header. */
const named = (packed: Buffer): Buffer => {
  const head = Buffer.from(packed.subarray(0, 10));
  head[3] = 2 | 4 | 8 | 16;
  return Buffer.concat([head, Buffer.from('\x04\0BC\x01\0disk.raw\0made by hand\0xx', 'latin1'), packed.subarray(10)]);
};
const noise = diskBytes('raw', 100_352, 5);

test.each<[string, Buffer, number]>([
  ['one', gzipSync(disk), 0],
  ['one, with all that a header may have', named(gzipSync(disk)), 0],
  ['one, filled up with zeros', Buffer.concat([gzipSync(disk), Buffer.alloc(1000)]), 0],
  ['one that holds gzips as they are', gzipSync(Buffer.concat([noise, gzipSync(noise), gzipSync(noise)]), { level: 0 }), 0],
  ['one, cut off', gzipSync(disk).subarray(0, 1000), 0],
  ['one, broken', Buffer.concat([gzipSync(disk).subarray(0, 50), Buffer.alloc(1000, 0xff)]), 0],
  ['two', Buffer.concat([gzipSync(disk), gzipSync(noise)]), 1],
  ['two, named', Buffer.concat([named(gzipSync(disk)), named(gzipSync(noise))]), 1],
  ['the second of nothing', Buffer.concat([gzipSync(disk), gzipSync(Buffer.alloc(0))]), 1],
  ['the first of nothing', Buffer.concat([gzipSync(Buffer.alloc(0)), gzipSync(disk)]), 1],
  ['many', Buffer.concat(Array.from({ length: 20 }, () => gzipSync(noise))), 1],
])('members of a gzip: %s', async (_what, file, expected) => {
  for (const piece of [11, 4093, 64 << 10, file.length]) {
    if (piece === 11 && file.length > 250_000) continue;
    let told = 0;
    expect((await gather(watchGzipMembers(streamOf(file, piece), () => (told += 1)))).equals(file)).toBe(true);
    expect(told, `pieces of ${piece}`).toBe(expected);
  }
});

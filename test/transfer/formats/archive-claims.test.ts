import { describe, expect, test } from 'vitest';
import { inspect, readRuns } from '../../../src/transfer/formats/index.ts';
import { sourceOfBytes } from '../../../src/transfer/formats/byte-reader.ts';
import * as images from '../../support/disk-images.ts';
import { rejectsOf } from './draining.ts';
import { disk } from './made.ts';
import { costOfAsync } from '../../support/cpu-time.ts';

const end = Buffer.alloc(1024);
const member = (name: string, content: Buffer, type?: string): Buffer =>
  images.tarImage(content, name, type).subarray(0, -end.length);
/** A PAX header; a record says how long it is, itself included. */
function pax(records: readonly (readonly [key: string, value: string])[], type = 'x'): Buffer {
  const lines = records.map(([key, value]) => {
    const bare = key.length + value.length + 3;
    const length = bare + String(bare + String(bare).length).length;
    return `${length} ${key}=${value}\n`;
  });
  return member('PaxHeader', Buffer.from(lines.join('')), type);
}
const look = (...parts: readonly Buffer[]) => inspect(sourceOfBytes(Buffer.concat([...parts, end])));
const limitMs = 1500;

describe('numbers in an archive', () => {
  test.each(['', 'many', '-512', '1e3', '0x200', ' 512', '9'.repeat(16), '9'.repeat(400)])(
    'a size of "%s" is refused',
    async (size) => {
      expect(rejectsOf(await look(pax([['size', size]]), member('disk.raw', disk)))).toEqual(['tar_header']);
    },
  );

  test.each(['9'.repeat(400), String(2 ** 53), String(2 ** 46 + 1)])(
    'a file with holes of %s bytes is refused',
    async (bytes) => {
      for (const records of [
        [
          ['GNU.sparse.size', bytes],
          ['GNU.sparse.map', '0,512'],
        ],
        [
          ['GNU.sparse.major', '1'],
          ['GNU.sparse.minor', '0'],
          ['GNU.sparse.realsize', bytes],
        ],
      ] as const) {
        const map = Buffer.from('1\n0\n512\n'.padEnd(512, '\0') + 'x'.repeat(512));
        const data = records.length === 3 ? map : map.subarray(512);
        expect(rejectsOf(await look(pax(records), member('disk.raw', data)))).toEqual(['tar_header']);
      }
    },
  );

  test.each(['size', 'path', 'linkpath', 'GNU.sparse.map', 'GNU.sparse.major'])(
    'what is said of all members (%s) and can be meant of one only is refused',
    async (key) => {
      expect(rejectsOf(await look(pax([[key, '1']], 'g'), member('disk.raw', disk)))).toEqual(['tar_header']);
    },
  );

  test('a comment on all members is none of them', async () => {
    expect((await look(pax([['comment', 'x']], 'g'), member('disk.raw', disk))).findings).toEqual([]);
  });
});

describe('what an archive claims costs no more than what it holds', () => {
  const quickly = async (...parts: readonly Buffer[]) => {
    const source = sourceOfBytes(Buffer.concat([...parts, end]));
    const { result, ms } = await costOfAsync(() => inspect(source));
    expect(ms).toBeLessThan(limitMs);
    return result;
  };
  const realsize = pax([['GNU.sparse.major', '1'], ['GNU.sparse.minor', '0'], ['GNU.sparse.realsize', String(2 ** 40)]]); // prettier-ignore

  test('a map of many numbers', async () => {
    const count = 1 << 18;
    const lines = Buffer.from(`${count}\n${'0\n'.repeat(count * 2)}`);
    const map = Buffer.concat([lines, Buffer.alloc(512 - (lines.length % 512))]);
    expect(rejectsOf(await quickly(realsize, member('disk.raw', map)))).toEqual([]);
    expect(rejectsOf(await quickly(realsize, member('disk.raw', map.subarray(0, map.length - 1024))))).toEqual(['tar_header']);
    const none = Buffer.from(`${count}\n`.padEnd(4 << 20, '0'));
    expect(rejectsOf(await quickly(realsize, member('disk.raw', none)))).toEqual(['tar_header']);
  });

  test('many headers in front of one member', async () => {
    const header = pax(Array.from({ length: 20_000 }, () => ['comment', 'x'] as const));
    expect(rejectsOf(await quickly(...Array<Buffer>(900).fill(header), member('disk.raw', disk)))).toEqual(['tar_header']);
  });

  test('a large file of holes is not read where it has none', async () => {
    const map = Buffer.from('1\n1048576\n512\n'.padEnd(512, '\0'));
    const file = Buffer.concat([realsize, member('disk.raw', Buffer.concat([map, Buffer.alloc(512, 1)])), end]);
    const source = sourceOfBytes(file);
    let [total, data] = [0, 0];
    const { ms } = await costOfAsync(async () => {
      for await (const run of readRuns(source, await inspect(source))) {
        total += run.length;
        if (run.kind !== 'zero') data += run.length;
      }
    });
    expect([total, data <= 1 << 20]).toEqual([2 ** 40, true]);
    expect(ms).toBeLessThan(limitMs);
  });
});

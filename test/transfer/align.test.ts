import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Accept } from '../../src/core/encoding.ts';
import { streamRuns } from '../../src/transfer/formats/index.ts';
import { planTransfer } from '../../src/transfer/plan.ts';
import { prepare } from '../../src/transfer/prepare.ts';
import type { Source } from '../../src/transfer/source.ts';
import { contentIdOf } from '../../src/transfer/writers/content-id.ts';
import { guestDisk } from '../support/disk-images.ts';
import { disk, made } from './formats/made.ts';
import { all, chunked, failure, meansIn, noWishes, remote, stage, stream } from './sources.ts';

const place = stage();
const MiB = 2 ** 20;
const aligned = Buffer.concat([disk, Buffer.alloc(MiB - disk.length)]);
const rightId = await contentIdOf(streamRuns(chunked(disk), {}));

/** What is sent of a source, and what was said of it. */
async function sent(source: Source, accept: Accept) {
  const warnings: string[] = [];
  const means = meansIn(place.folder(), { warn: (message) => void warnings.push(message) });
  const prepared = await prepare(source, [accept], noWishes, means);
  try {
    const content = await prepared.content();
    const bytes = await all(content);
    const { virtualBytes, plan } = prepared;
    return { bytes, content, plan, virtualBytes, warnings, contentId: await prepared.contentId() };
  } finally {
    await prepared.close();
  }
}

/** Encodings that are written, and the disk in each. */
const targets: Readonly<Record<string, { readonly accept: Accept; diskIn(bytes: Buffer): Promise<Buffer> | Buffer }>> = {
  raw: { accept: { format: 'raw' }, diskIn: (bytes) => bytes },
  'raw of known length': { accept: { format: 'raw', needsLength: true }, diskIn: (bytes) => bytes },
  'raw.gz': { accept: { format: 'raw', compression: 'gzip' }, diskIn: (bytes) => gunzipSync(bytes) },
  vhd: { accept: { format: 'vhd', subformat: 'fixed' }, diskIn: (bytes) => bytes.subarray(0, -512) },
  qcow2: {
    accept: { format: 'qcow2' },
    diskIn: async (bytes) => (await sent(await place.file('written.qcow2', bytes), { format: 'raw' })).bytes,
  },
};

/** Ways in which a source comes. A fixed VHD shows at its end only, so nobody may take it for one before. */
const ways: Readonly<Record<string, (image: Buffer, name: string) => Promise<Source> | Source>> = {
  'a file': (image) => place.file('disk', image),
  'a stream': (image, name) => ({ ...stream(image), ...(name === 'vhdFixed' ? { fileName: 'disk.vhd' } : {}) }),
  'an image at a provider': (image, name) => ({
    ...remote(image).source,
    ...(name === 'vhdFixed' ? { declared: 'vhd' as const } : {}),
  }),
};

describe.each(Object.entries(targets))('%s whose disk is to be whole MiB', (target, { accept, diskIn }) => {
  const wanted: Accept = { ...accept, alignBytes: MiB };
  // What is made of the disk does not hang on where it came from: all ways are gone with the first.
  for (const [name, image] of Object.entries(made))
    it.each(Object.keys(ways).slice(0, target === 'raw' ? undefined : 1))(
      `is ${name} from %s, filled up with zeros`,
      async (way) => {
        const source = await ways[way]?.(image, name);
        if (!source) throw new Error('no source');
        const { bytes, content, contentId, virtualBytes } = await sent(source, wanted);
        expect((await diskIn(bytes)).equals(aligned)).toBe(true);
        expect(content.bytes ?? bytes.length).toBe(bytes.length);
        if (accept.needsLength) expect(content.bytes).toBe(MiB);
        expect(content.virtualBytes ?? MiB).toBe(MiB);
        expect(virtualBytes ?? MiB).toBe(MiB);
        expect(contentId ?? rightId).toBe(rightId);
        expect(content.sent().bytes).toBe(bytes.length);
      },
    );
});

describe('a disk that is to be whole pieces', () => {
  it('goes as it is where it is, and is told of where it is not', async () => {
    const whole = await sent(await place.file('disk', disk), { format: 'raw', alignBytes: disk.length / 3 });
    expect(whole.bytes.equals(disk)).toBe(true);
    expect(whole.plan.convert).toBeUndefined();
    expect(whole.warnings).toEqual([]);
    const filled = await sent(await place.file('disk', disk), { format: 'raw', alignBytes: MiB });
    expect(filled.plan.steps).toEqual(['read', 'check', 'fill up to a multiple of 1.0 MiB', 'send', 'verify']);
    expect(filled.warnings).toEqual([expect.stringContaining('filled up with zeros to a multiple of 1.0 MiB')]);
    expect(filled.content.virtualBytes).toBe(MiB);
    expect(filled.content.bytes).toBe(MiB);
    expect(filled.contentId).toBe(rightId);
  });

  it('is filled up at its end where nobody knows how long it is before', async () => {
    const long = Buffer.concat([guestDisk(4 * MiB, 5), Buffer.alloc(7 * 512, 1)]);
    const whole = Buffer.concat([long, Buffer.alloc(MiB - 7 * 512)]);
    for (const image of [long, gzipSync(long, { level: 1 })])
      for (const [accept, opened] of [
        [{ format: 'raw' }, (bytes: Buffer) => bytes],
        [{ format: 'raw', needsLength: true }, (bytes: Buffer) => bytes],
        [{ format: 'raw', compression: 'gzip' }, gunzipSync],
        [{ format: 'vhd' }, (bytes: Buffer) => bytes.subarray(0, -512)],
      ] as const) {
        const { bytes, content } = await sent(stream(image), { ...accept, alignBytes: MiB });
        expect(opened(bytes).equals(whole), JSON.stringify(accept)).toBe(true);
        expect(content.bytes ?? bytes.length).toBe(bytes.length);
      }
  });

  it('is as large as it gets by that, where a limit is', async () => {
    const accept: Accept = { format: 'raw', alignBytes: MiB, maxVirtualBytes: MiB - 1 };
    const file = await place.file('disk', disk);
    await failure(sent(file, accept), 'LIMIT');
    const input = { format: 'qcow2', virtualBytes: disk.length, seekable: true } as const;
    expect(planTransfer(input, [{ ...accept, maxVirtualBytes: MiB }]).alignBytes).toBe(MiB);
  });
});

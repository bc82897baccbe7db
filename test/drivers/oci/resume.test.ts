import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isBlockUpload } from '../../../src/core/bound-blocks.ts';
import type { Session } from '../../../src/core/driver.ts';
import type { UploadRequest } from '../../../src/core/operation.ts';
import driver from '../../../src/drivers/oci/index.ts';
import { library, startOci, type OciCloud } from '../../clouds/oci/index.ts';
import { failureOf, testCall } from '../../conformance/stage.ts';
import { gather, makeContent, type TestContent } from '../../support/content.ts';
import { openSession } from '../../support/open-session.ts';

const kib = 1024;
const chunk = 256 * kib;
let cloud: OciCloud;
beforeEach(async () => {
  cloud = await startOci({ auth: 'bearer', checksOffsets: true });
});
afterEach(() => cloud.stop());

/** What another run of the program has. */
const run = (chunkSize = '256KiB'): Session => openSession(driver, { ...cloud.values, places: '', chunkSize }).session;
const disk = (seed = 1): TestContent => makeContent({ format: 'raw' }, { diskLength: 1000 * kib, seed });
const request = (content: TestContent, goesOn?: string): UploadRequest => ({
  description: { name: 'disk' },
  content,
  extras: {},
  ...(goesOn === undefined ? {} : { goesOn }),
});

/** A run that puts so many chunks, and is killed. Returns what names its upload. */
async function brokenOff(content: TestContent, chunks: number): Promise<string> {
  const begun = await run().require('upload').begin?.(request(content), testCall());
  if (!begun || !isBlockUpload(begun)) throw new Error('no upload was begun');
  for (let index = 0; index < chunks; index += 1) {
    const offset = index * chunk;
    await begun.put({ index, offset, bytes: content.data.subarray(offset, offset + chunk) }, testCall());
  }
  cloud.forget();
  return begun.ref;
}

const patched = (): readonly number[] =>
  cloud
    .requests()
    .filter(({ method }) => method === 'PATCH')
    .map(({ bodyBytes }) => bodyBytes);

async function expectWhole(id: string, content: TestContent): Promise<void> {
  const download = await run().require('download').run({ id }, testCall());
  expect((await gather(download.open())).equals(content.data)).toBe(true);
}

describe('an upload in chunks that another run has begun', () => {
  it('is gone on with behind what the registry has of it', async () => {
    const content = disk();
    const ref = await brokenOff(content, 2);
    const { id } = await run().require('upload').run(request(content, ref), testCall());
    expect(patched()).toEqual([256 * kib, 232 * kib]);
    await expectWhole(id, content);
  });

  it('is gone on with in the middle of a chunk of another size', async () => {
    const content = disk();
    const ref = await brokenOff(content, 2);
    const { id } = await run('400KiB').require('upload').run(request(content, ref), testCall());
    expect(patched()).toEqual([288 * kib, 200 * kib]);
    await expectWhole(id, content);
  });

  it('is ended where all of it is there', async () => {
    const content = disk();
    const ref = await brokenOff(content, 4);
    const { id } = await run().require('upload').run(request(content, ref), testCall());
    expect(patched()).toEqual([]);
    await expectWhole(id, content);
  });

  it('is begun anew where the registry has forgotten it', async () => {
    const content = disk();
    const ref = await brokenOff(content, 2);
    cloud.store.of(library).uploads.clear();
    const { id } = await run().require('upload').run(request(content, ref), testCall());
    expect(patched().reduce((sum, bytes) => sum + bytes)).toBe(1000 * kib);
    await expectWhole(id, content);
  });

  it('becomes no image where it holds something else, and is let go of', async () => {
    const ref = await brokenOff(disk(7), 2);
    await failureOf(run().require('upload').run(request(disk(), ref), testCall()), 'INTEGRITY', 'PROVIDER', 'USAGE');
    expect(cloud.store.of(library).uploads.size).toBe(0);
    expect(cloud.store.of(library).tags.size).toBe(0);
  });

  it('takes no credentials to another host', async () => {
    const other = await startOci({ auth: 'none' });
    try {
      const ref = (await brokenOff(disk(), 1)).replace(cloud.origin, other.origin);
      await run().require('upload').run(request(disk(), ref), testCall());
      expect(other.requests().length).toBeGreaterThan(0);
      expect(other.requests().filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
    } finally {
      await other.stop();
    }
  });
});

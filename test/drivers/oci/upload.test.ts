import { afterEach, describe, expect, it } from 'vitest';
import driver from '../../../src/drivers/oci/index.ts';
import { library, startOci, type OciCloud } from '../../clouds/oci/index.ts';
import { sha256 } from '../../clouds/oci/store.ts';
import type { Fault } from '../../conformance/cloud.ts';
import { startFakeServer } from '../../support/fake-server.ts';
import { createHttp } from '../../../src/http/index.ts';
import type { Switches } from '../../clouds/oci/switches.ts';
import { allOf, everything, failureOf, testCall, type TestCall } from '../../conformance/stage.ts';
import { gather, makeContent, type TestContent } from '../../support/content.ts';
import { openSession } from '../../support/open-session.ts';

const kib = 1024;
let cloud: OciCloud;
async function start(switches: Partial<Switches> = {}, more: Readonly<Record<string, string>> = {}) {
  cloud = await startOci({ auth: 'none', ...switches });
  const { session } = openSession(driver, { ...cloud.values, places: '', ...more });
  return {
    session,
    repository: cloud.store.of(library),
    upload: (content: TestContent, call: TestCall = testCall()) =>
      session.require('upload').run({ description: { name: 'disk' }, content, extras: {} }, call),
    list: () => allOf(session.require('list').run(everything, testCall())),
  };
}
afterEach(() => cloud.stop());

const sentBy = (method: string): readonly number[] =>
  cloud
    .requests()
    .filter((one) => one.method === method)
    .map(({ bodyBytes }) => bodyBytes);
const disk = (wishes = {}): TestContent => makeContent({ format: 'raw' }, { diskLength: 1000 * kib, ...wishes });
const unhashed = (content: TestContent): TestContent => {
  const { sha256: _known, ...rest } = content;
  return rest;
};
/** Makes the next request with a chunk fail, after `passed` of them. */
function failChunk(fault: { kind: 'drop' | 'answer'; status?: number }, passed: number): void {
  let seen = 0;
  cloud.fail({ ...fault, on: ({ method }) => method === 'PATCH' && (seen += 1) > passed });
}

/** The registry forgets its uploads, and the connection breaks, at the third chunk. */
function forgetsAtThirdChunk(uploads: { clear(): void }): void {
  let patches = 0;
  cloud.fail({
    kind: 'drop',
    on: ({ method }) => {
      if (method !== 'PATCH' || (patches += 1) !== 3) return false;
      uploads.clear();
      return true;
    },
  });
}

describe('an upload in one request', () => {
  it('goes with the digest where that is known, else before it', async () => {
    const { upload } = await start();
    await upload(disk());
    expect(sentBy('PATCH')).toEqual([]);
    cloud.forget();
    await upload(unhashed(disk({ seed: 2 })));
    expect(sentBy('PATCH')).toEqual([1000 * kib]);
  });

  it('moves no byte of a disk that is there already', async () => {
    const { upload } = await start();
    const first = await upload(disk());
    cloud.forget();
    const content = disk();
    const second = await upload(content);
    expect(second.id).not.toBe(first.id);
    expect(content.opened()).toBe(0);
    expect(Math.max(...sentBy('PUT'))).toBeLessThan(2 * kib);
  });

  it('sends a disk anew of which only HEAD says that it is there', async () => {
    const { upload, repository, session } = await start();
    const content = disk();
    repository.blobs.set(sha256('x'), Buffer.from('x'));
    cloud.switches.staleBlobs.set(sha256(content.data), content.data.length);
    const { id } = await upload(content);
    expect(content.opened()).toBe(1);
    const download = await session.require('download').run({ id }, testCall());
    expect((await gather(download.open())).equals(content.data)).toBe(true);
  });

  it('is INTEGRITY when the source is not what was said of it, and leaves no upload behind', async () => {
    const { upload, list, repository } = await start();
    await failureOf(upload({ ...disk(), sha256: sha256('something else').slice(7) }), 'INTEGRITY');
    await failureOf(upload(unhashed(disk({ cutAt: 900 * kib, seed: 3 }))), 'INTEGRITY');
    expect(await list()).toEqual([]);
    expect(repository.uploads.size).toBe(0);
  });

  it('is INTEGRITY when the registry keeps something else', async () => {
    const { upload, list } = await start({ liesAbout: sha256('something else') });
    await failureOf(upload(disk()), 'INTEGRITY');
    expect(await list()).toEqual([]);
  });

  it('says how to send less at once where the source can be read only once', async () => {
    const { upload } = await start({ mostPatch: 64 * kib }, { layout: 'single' });
    const { circumstances } = await failureOf(upload(unhashed(disk({ blind: true }))), 'LIMIT');
    expect(JSON.stringify(circumstances.next)).toContain('chunkSize');
  });

  for (const switches of [{ mostBody: 300 * kib }, { mostPatch: 70 * kib }, { mostBody: 70 * kib }])
    it(`goes on in smaller requests where so much at once is refused: ${JSON.stringify(switches)}`, async () => {
      const { upload } = await start(switches);
      for (const wish of [(content: TestContent) => content, (content: TestContent) => unhashed(content)]) {
        const content = wish(makeContent({ format: 'raw' }, { diskLength: 500 * kib, seed: wish.length + 4 }));
        expect((await upload(content)).checksums?.sha256).toBe(content.sent().digests.sha256);
      }
    });

  it('halves a chunk that was asked for and is refused', async () => {
    const { upload } = await start({ mostBody: 70 * kib }, { chunkSize: '128KiB' });
    const content = makeContent({ format: 'raw' }, { diskLength: 500 * kib, seed: 9 });
    expect((await upload(content)).checksums?.sha256).toBe(content.sent().digests.sha256);
  });

  it('says that less than the smallest request is refused, and proposes none', async () => {
    const { upload } = await start({ mostBody: 20 * kib }, { chunkSize: '128KiB' });
    const { circumstances } = await failureOf(upload(disk()), 'LIMIT');
    expect(circumstances.hint).toContain('raise its limit');
    expect(circumstances.hint).not.toContain('MiB');
    expect(circumstances.next).toBeUndefined();
  });

  it('takes 201 for 202, relative addresses, and a proxy’s wrong idea of the address', async () => {
    const { upload } = await start({ patch201: true, relativeLocations: true });
    expect((await upload(unhashed(disk()))).status).toBe('active');
  });
});

describe('an upload in chunks', () => {
  const chunked = { chunkSize: '256KiB' };

  it('sends chunks of that size, the last one shorter', async () => {
    const { upload } = await start({}, chunked);
    await upload(disk());
    expect(sentBy('PATCH')).toEqual([256 * kib, 256 * kib, 256 * kib, 232 * kib]);
    const ranges = cloud.requests().flatMap(({ method, headers }) => (method === 'PATCH' ? [headers['content-range']] : []));
    expect(ranges.slice(0, 2)).toEqual(['0-262143', '262144-524287']);
  });

  it('sends larger ones where the registry wants them', async () => {
    const { upload } = await start({ leastChunk: 512 * kib }, chunked);
    await upload(disk());
    expect(sentBy('PATCH')).toEqual([512 * kib, 488 * kib]);
  });

  for (const checksOffsets of [false, true])
    it(`sends the chunk again that was refused, and no other (${checksOffsets ? 'offsets checked' : 'as 2.8.2'})`, async () => {
      const { upload } = await start({ checksOffsets }, chunked);
      const content = disk({ blind: true });
      failChunk({ kind: 'answer', status: 503 }, 1);
      expect((await upload(content, testCall(undefined, 3))).checksums?.sha256).toBe(content.sent().digests.sha256);
      expect(sentBy('PATCH').length).toBe(5);
      expect(content.opened()).toBe(1);
    });

  it('sends a chunk of the same size again when its token was refused, and less only after that', async () => {
    const { upload } = await start({ auth: 'bearer' }, chunked);
    const challenge = `Bearer realm="${cloud.origin}/token",service="registry.tests"`;
    const refuse = (times: number): void => {
      let seen = 0;
      const on = ({ method }: { method: string }): boolean => method === 'PATCH' && (seen += 1) > 1;
      cloud.fail({ kind: 'answer', status: 401, headers: { 'www-authenticate': challenge }, body: '', times, on });
    };
    refuse(1);
    const call = testCall();
    expect((await upload(disk({ blind: true }), call)).status).toBe('active');
    expect(sentBy('PATCH')).toEqual([256, 256, 256, 256, 232].map((size) => size * kib));
    expect(call.notes.filter(({ kind }) => kind === 'retry' || kind === 'warning')).toEqual([]);
    cloud.forget();
    refuse(2);
    expect((await upload(disk({ blind: true, seed: 7 }))).status).toBe('active');
    expect(sentBy('PATCH').slice(0, 4)).toEqual([256, 256, 256, 128].map((size) => size * kib));
    refuse(99);
    const { code, circumstances } = await failureOf(upload(disk({ blind: true, seed: 8 })), 'AUTH');
    expect([code, circumstances.hint]).toEqual(['AUTH', expect.stringContaining('may push')]);
  });

  for (const code of ['BLOB_UPLOAD_UNKNOWN', 'NOT_FOUND'])
    it(`is begun again where the registry has lost it at its end, whatever it calls that: ${code}`, async () => {
      const { upload, repository } = await start({}, chunked);
      const body = JSON.stringify({ errors: [{ code, message: 'upload unknown' }] });
      const isEnd = ({ method, path }: { method: string; path: string }): boolean => method === 'PUT' && path.includes('digest=');
      cloud.fail({ kind: 'answer', status: 404, body, on: (one) => isEnd(one) && (repository.uploads.clear(), true) });
      const content = disk();
      expect((await upload(content, testCall(undefined, 3))).status).toBe('active');
      expect(content.opened()).toBe(2);
    });

  it('that is lost in one request is the failure of a connection, which can be sent again', async () => {
    const { upload } = await start();
    const body = JSON.stringify({ errors: [{ code: 'NOT_FOUND', message: 'upload unknown' }] });
    cloud.fail({ kind: 'answer', status: 404, body, on: ({ method, path }) => method === 'PUT' && path.includes('/uploads/') });
    await failureOf(upload(disk()), 'NETWORK');
  });

  it('goes on behind a chunk whose answer was lost, where the registry tells how far it got', async () => {
    const { upload } = await start({ checksOffsets: true }, chunked);
    let patches = 0;
    // The chunk arrives, and its answer does not.
    cloud.fail({ kind: 'truncate', on: ({ method }) => method === 'PATCH' && (patches += 1) === 2 });
    const content = disk({ blind: true });
    expect((await upload(content, testCall(undefined, 3))).checksums?.sha256).toBe(content.sent().digests.sha256);
    expect(sentBy('PATCH').length).toBeLessThanOrEqual(5);
  });

  it('is begun again, saying so, where the registry has forgotten it', async () => {
    const { upload, repository } = await start({}, chunked);
    forgetsAtThirdChunk(repository.uploads);
    const call = testCall(undefined, 3);
    const content = disk();
    expect((await upload(content, call)).status).toBe('active');
    expect(content.opened()).toBe(2);
    expect(call.notes.find(({ kind }) => kind === 'warning')).toMatchObject({
      message: expect.stringContaining('starting again') as unknown,
    });
  });

  it('fails where it cannot be begun again, and leaves no image', async () => {
    const { upload, list, repository } = await start({}, chunked);
    forgetsAtThirdChunk(repository.uploads);
    const error = await failureOf(upload(disk({ blind: true }), testCall(undefined, 3)), 'NETWORK');
    expect(error.circumstances.hint).toContain('file');
    expect(await list()).toEqual([]);
  });

  it('is done where the disk is there and only the last answer was lost', async () => {
    const { upload, session } = await start({}, chunked);
    cloud.fail({ kind: 'truncate', on: ({ method, path }) => method === 'PUT' && path.includes('digest=') });
    const content = disk({ blind: true });
    const { id } = await upload(content);
    const download = await session.require('download').run({ id }, testCall());
    expect((await gather(download.open())).equals(content.data)).toBe(true);
    expect(sentBy('PATCH').length).toBe(4);
  });

  for (const [what, more, wish] of [
    ['in chunks', chunked, (content: TestContent) => content],
    ['as a stream', { layout: 'single' }, unhashed],
  ] as const)
    it(`is ended again, and no byte sent again, where only its end failed: ${what}`, async () => {
      const { upload } = await start({ auth: 'bearer' }, more);
      const challenge = `Bearer realm="${cloud.origin}/token",service="registry.tests"`;
      const isEnd = ({ method, path }: { method: string; path: string }): boolean => method === 'PUT' && path.includes('digest=');
      for (const [seed, fault] of [
        { kind: 'answer', status: 429, headers: { 'retry-after': '0' } },
        { kind: 'answer', status: 502, headers: { 'retry-after': '0' } },
        { kind: 'answer', status: 401, headers: { 'www-authenticate': challenge } },
        { kind: 'drop' },
      ].entries()) {
        cloud.forget();
        let ends = 0;
        cloud.fail({ ...(fault as Fault), on: (one) => isEnd(one) && (ends += 1) === 1 });
        const content = wish(disk({ blind: true, seed: seed + 20 }));
        expect((await upload(content, testCall(undefined, 1))).status, JSON.stringify(fault)).toBe('active');
        expect(sentBy('PATCH').reduce((sum, bytes) => sum + bytes)).toBe(content.data.length);
      }
    });

  it('gives the registry time to put the disk together', async () => {
    cloud = await startOci({ auth: 'none' });
    const http = createHttp({ userAgent: 'imgctl-tests', timeoutMs: 400, stallMs: 400 });
    const { session } = openSession(driver, { ...cloud.values, ...chunked }, { http });
    const slow = await startFakeServer(async () => {
      await new Promise((resolve) => setTimeout(resolve, 700));
      return { status: 201, headers: { location: '/blob' } };
    });
    try {
      cloud.fail({
        kind: 'answer',
        status: 202,
        headers: { location: `${slow.origin}/upload`, range: '0-99999' },
        on: ({ method }) => method === 'PATCH',
      });
      const content = disk({ diskLength: 100_000 });
      const work = session.require('upload').run({ description: { name: 'disk' }, content, extras: {} }, testCall());
      // What the other server says that it holds, this one has never seen.
      expect((await failureOf(work, 'NETWORK')).message).toContain('blob unknown');
    } finally {
      await slow.stop();
    }
  });

  it('gives up after three beginnings', async () => {
    const { upload, repository } = await start({}, chunked);
    cloud.fail({ kind: 'drop', times: 1000, on: ({ method }) => method === 'PATCH' && (repository.uploads.clear(), true) });
    const content = disk();
    await failureOf(upload(content, testCall(undefined, 100)), 'NETWORK');
    expect(content.opened()).toBe(3);
  });

  it('refuses a size that is none', async () => {
    for (const chunkSize of ['1KiB', '2TiB', 'many'])
      await failureOf(
        start({}, { chunkSize }).finally(() => cloud.stop()),
        'USAGE',
        'CONFIG',
      );
  });
});

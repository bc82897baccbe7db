import { once } from 'node:events';
import { createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { networkError } from '../../src/core/errors.ts';
import type { Note } from '../../src/core/operation.ts';
import { createHttp } from '../../src/http/index.ts';
import { resumingSource } from '../../src/transfer/resume.ts';
import { prefixBytes, readPrefix } from '../../src/transfer/prefix.ts';
import { fileSource } from '../../src/transfer/file-source.ts';
import { urlSource } from '../../src/transfer/url-source.ts';
import { streamSource, type Source } from '../../src/transfer/source.ts';
import { testCall } from '../conformance/stage.ts';
import { guestDisk } from '../support/disk-images.ts';
import { startFakeServer, type FakeServer } from '../support/fake-server.ts';
import { all, chunked, failure, remote, stage, stream } from './sources.ts';

const place = stage();
const disk = guestDisk(3 * prefixBytes + 17, 3);
const http = createHttp({ userAgent: 'test', timeoutMs: 5000, stallMs: 5000, insecure: false });
const read = (source: Source, from?: number, to?: number) => all({ open: () => source.open(from, to) });

describe('a file', () => {
  it('is read whole, in part, and at any place; again and again', async () => {
    const source = await place.file('disk', disk);
    expect([source.bytes, source.repeatable, source.near]).toEqual([disk.length, true, true]);
    expect((await read(source)).equals(disk)).toBe(true);
    expect((await read(source, 5, 9)).equals(disk.subarray(5, 10))).toBe(true);
    expect((await read(source, disk.length - 3, disk.length + 100)).equals(disk.subarray(-3))).toBe(true);
    expect(Buffer.from((await source.random?.read(disk.length - 4, 100)) ?? []).equals(disk.subarray(-4))).toBe(true);
    await source.close();
  });

  it('that is not there is NOT_FOUND, a folder USAGE, and what is no file a stream', async () => {
    await failure(fileSource(`${place.folder()}/none`), 'NOT_FOUND');
    await failure(fileSource(place.folder()), 'USAGE');
  });

  it.skipIf(process.platform !== 'linux')('that the kernel writes is a stream; a device and a socket are USAGE', async () => {
    const status = await fileSource('/proc/self/status');
    expect([status.repeatable, status.random]).toEqual([false, undefined]);
    expect((await read(status)).toString()).toMatch(/^Name:/);
    await failure(fileSource('/dev/null'), 'USAGE');
    const socket = `${place.folder()}/socket`;
    const server = createServer().listen(socket);
    await once(server, 'listening');
    await failure(fileSource(socket), 'USAGE');
    server.close();
  });
});

describe('a stream', () => {
  it('ends at once when it is stopped, though nothing ever comes', async () => {
    const stopping = new AbortController();
    const silent = streamSource(
      'standard input',
      () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) }),
      stopping.signal,
    );
    const waiting = failure(all(silent), 'ABORTED');
    stopping.abort(130);
    await waiting;
  });
});

describe('the beginning of a source', () => {
  it.each([0, 1, prefixBytes - 1, prefixBytes, prefixBytes + 1, disk.length])('of %i bytes', async (length) => {
    const bytes = disk.subarray(0, length);
    for (const source of [stream(bytes), remote(bytes).source]) {
      const begun = await readPrefix(source);
      expect(begun.complete).toBe(length <= prefixBytes);
      expect(begun.prefix.length).toBeGreaterThanOrEqual(Math.min(length, prefixBytes));
      if (begun.complete) expect(begun.source.bytes).toBe(length);
      expect((await read(begun.source)).equals(bytes)).toBe(true);
      if (source.repeatable) expect((await read(begun.source)).equals(bytes)).toBe(true);
      else
        await failure(
          Promise.resolve().then(() => read(begun.source)),
          'NETWORK',
        );
    }
  });
});

describe('a URL', () => {
  const serve = async (ranges: boolean, work: (server: FakeServer) => Promise<void>): Promise<void> => {
    const server = await startFakeServer(({ headers, url }) => {
      if (url.pathname === '/nowhere') return { status: 302, headers: { location: 'http://[::1' } };
      if (url.pathname === '/loop') return { status: 302, headers: { location: '/loop' } };
      if (url.pathname === '/there') return { status: 307, headers: { location: '/disk' } };
      if (url.pathname !== '/disk') return { status: 404, body: 'no' };
      const [, from = '', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(ranges ? (headers.range ?? '') : '') ?? [];
      if (from === '') return { status: 200, body: disk };
      const last = to === '' ? disk.length - 1 : Math.min(Number(to), disk.length - 1);
      const range = `bytes ${from}-${last}/${disk.length}`;
      return { status: 206, headers: { 'content-range': range, etag: '"one"' }, body: disk.subarray(Number(from), last + 1) };
    });
    await work(server).finally(() => server.stop());
  };

  it('with ranges is read at any place', () =>
    serve(true, async ({ origin }) => {
      const source = await urlSource(`${origin}/there?token=secret`, http, testCall());
      expect([source.name, source.bytes, source.near]).toEqual([`${origin}/disk`, disk.length, false]);
      expect(Buffer.from((await source.random?.read(77, 1000)) ?? []).equals(disk.subarray(77, 1077))).toBe(true);
      expect((await read(source, 1000)).equals(disk.subarray(1000))).toBe(true);
    }));

  it('without ranges is a stream that can be asked for again', () =>
    serve(false, async ({ origin }) => {
      const source = await urlSource(`${origin}/disk`, http, testCall());
      expect([source.random, source.bytes]).toEqual([undefined, disk.length]);
      for (let time = 0; time < 2; time += 1) expect((await read(source)).equals(disk)).toBe(true);
      const { prefix } = await readPrefix(source);
      expect(Buffer.compare(prefix.subarray(0, prefixBytes), disk.subarray(0, prefixBytes))).toBe(0);
    }));

  it('that leads round in circles, or nowhere', () =>
    serve(true, async ({ origin }) => {
      await failure(urlSource(`${origin}/loop`, http, testCall()), 'NETWORK');
      await failure(urlSource(`${origin}/nowhere`, http, testCall()), 'PROVIDER');
      await failure(urlSource(`${origin}/none`, http, testCall()), 'NOT_FOUND');
    }));
});

describe('a source that breaks off', () => {
  /** Breaks after so many bytes, so many times. */
  function breaking(after: number, times: number): Source & { readonly begun: number[] } {
    const { source } = remote(disk);
    const begun: number[] = [];
    async function* open(from = 0) {
      begun.push(from);
      let given = 0;
      for await (const chunk of chunked(disk.subarray(from))) {
        if (given >= after && begun.length <= times) throw networkError('reset');
        given += chunk.length;
        yield chunk;
      }
    }
    return { ...source, begun, open };
  }

  it('goes on where it was, and takes a retry each time', async () => {
    const notes: Note[] = [];
    const call = { ...testCall(), retries: { left: 5 }, note: (note: Note) => void notes.push(note) };
    const source = breaking(1 << 20, 2);
    expect((await read(resumingSource(source, call))).equals(disk)).toBe(true);
    expect(source.begun).toEqual([0, 1 << 20, 2 << 20]);
    expect([call.retries.left, notes.map(({ kind }) => kind)]).toEqual([3, ['retry', 'retry']]);
  });

  it('fails once no retry is left', async () => {
    const call = { ...testCall(), retries: { left: 1 } };
    await failure(read(resumingSource(breaking(1 << 20, 9), call)), 'NETWORK');
  });

  it('is left alone when the failure is another one', async () => {
    const { source } = remote(gzipSync(disk));
    const call = { ...testCall(), retries: { left: 3 } };
    const broken = { ...source, open: () => { throw new TypeError('a bug'); } }; // prettier-ignore
    await expect(read(resumingSource(broken, call))).rejects.toThrow('a bug');
    expect(call.retries.left).toBe(3);
  });
});

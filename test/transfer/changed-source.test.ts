import {
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
  linkSync,
  appendFileSync,
  openSync,
  writeSync,
  closeSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createHttp } from '../../src/http/index.ts';
import { fileSource } from '../../src/transfer/file-source.ts';
import { resumingSource } from '../../src/transfer/resume.ts';
import type { Source } from '../../src/transfer/source.ts';
import { urlSource } from '../../src/transfer/url-source.ts';
import { testCall } from '../http/servers.ts';
import { startWebServer, type FileState } from '../support/web-server.ts';

const stops: (() => void)[] = [];
afterEach(() => stops.splice(0).forEach((stop) => stop()));

const http = createHttp({ userAgent: 'imgctl/test' });
const old = Buffer.alloc(300_000, 'old');
const fresh = Buffer.alloc(300_000, 'new');
const longer = Buffer.alloc(300_001, 'new');

async function all(source: Source, from = 0, to?: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of source.open(from, to)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'fine',
    (error: { code?: string }) => error.code,
  );

/** What a server says of the old file and of the one that replaces it. */
const states: Readonly<Record<string, readonly [FileState, FileState]>> = {
  'a strong ETag': [
    { body: old, etag: '"a"' },
    { body: fresh, etag: '"b"' },
  ],
  'a weak ETag': [
    { body: old, etag: 'W/"a"' },
    { body: fresh, etag: 'W/"b"' },
  ],
  'Last-Modified alone': [
    { body: old, modified: 'Mon, 02 Jan 2023 00:00:00 GMT' },
    { body: fresh, modified: 'Tue, 03 Jan 2023 00:00:00 GMT' },
  ],
  'another length alone': [{ body: old }, { body: longer }],
};

describe('a file behind a URL that is replaced', () => {
  const serve = async (first: FileState, second: FileState, ranges: boolean): Promise<Source> => {
    const server = await startWebServer(({ before }) => (before < 2 ? first : second), { ranges });
    stops.push(server.stop);
    const call = testCall(2);
    return resumingSource(await urlSource(`${server.origin}/disk?jwt=abcdefgh-jwt`, http, call), call);
  };

  for (const [name, [first, second]] of Object.entries(states))
    for (const ranges of [true, false])
      it(`is noticed by ${name}${ranges ? '' : ', without ranges'}`, async () => {
        const source = await serve(first, second, ranges);
        expect((await all(source)).equals(old)).toBe(true);
        expect(await codeOf(all(source))).toBe('INTEGRITY');
        if (source.random) expect(await codeOf(source.random.read(1000, 10))).toBe('INTEGRITY');
        expect(source.name).not.toContain('jwt');
      });

  it('is read as one stream where nothing would tell', async () => {
    const source = await serve({ body: old }, { body: fresh }, true);
    expect([source.random, source.continues]).toEqual([undefined, false]);
  });

  it('is read whole where the server gives less than it is asked for', async () => {
    const server = createServer(({ headers }, response) => {
      const [, first = '0', last] = /bytes=(\d+)-(\d*)/.exec(headers.range ?? '') ?? [];
      const from = Number(first);
      const part = old.subarray(from, Math.min(Number(last || old.length - 1) + 1, from + old.length / 2));
      response.writeHead(headers.range === undefined ? 200 : 206, {
        etag: '"a"',
        ...(headers.range === undefined ? {} : { 'content-range': `bytes ${from}-${from + part.length - 1}/${old.length}` }),
      });
      response.end(headers.range === undefined ? old : part);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    stops.push(() => {
      server.close();
      server.closeAllConnections();
    });
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/disk`;
    const source = resumingSource(await urlSource(url, http, testCall(2)), testCall(2));
    const middle = Buffer.from((await source.random?.read(10, old.length - 20)) ?? []);
    expect(middle.equals(old.subarray(10, -10))).toBe(true);
    const impatient = resumingSource(await urlSource(url, http, testCall(0)), testCall(0));
    expect(await codeOf(all({ ...impatient, open: () => impatient.open(10) }))).toBe('NETWORK');
  });

  it('that is empty has no bytes', async () => {
    const source = await serve({ body: Buffer.alloc(0), etag: '"a"' }, { body: Buffer.alloc(0), etag: '"a"' }, true);
    expect([source.bytes, (await all(source)).length]).toEqual([0, 0]);
  });
});

describe('a file that is written to while it is read', () => {
  const size = 5 << 20;
  const overwrite = (file: string, at: number): void => {
    const fd = openSync(file, 'r+');
    writeSync(fd, 'changed', at);
    closeSync(fd);
  };
  const changes: Readonly<Record<string, readonly [string, (file: string) => void]>> = {
    'its end is overwritten': ['INTEGRITY', (file) => overwrite(file, size - 100)],
    'its beginning is overwritten': ['INTEGRITY', (file) => overwrite(file, 0)],
    'something is appended': ['INTEGRITY', (file) => appendFileSync(file, 'more')],
    'another file takes its name': [
      'fine',
      (file) => {
        writeFileSync(`${file}.new`, Buffer.alloc(size, 'new'));
        renameSync(`${file}.new`, file);
      },
    ],
    'it is moved away': ['fine', (file) => renameSync(file, `${file}.old`)],
    'it gets a second name': ['fine', (file) => linkSync(file, `${file}.second`)],
  };

  const folder = (): string => {
    const made = mkdtempSync(path.join(tmpdir(), 'imgctl-state-'));
    stops.push(() => rmSync(made, { recursive: true, force: true }));
    return made;
  };

  it.each(Object.entries(changes))('%s', async (_name, [outcome, change]) => {
    const file = path.join(folder(), 'disk');
    writeFileSync(file, Buffer.alloc(size, 'disk'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    const source = await fileSource(file);
    const reading = async (): Promise<void> => {
      let done = false;
      for await (const _chunk of source.open()) {
        if (!done) change(file);
        done = true;
      }
    };
    expect(await codeOf(reading())).toBe(outcome);
    expect(await codeOf(source.random?.read(5, 5) ?? Promise.resolve())).toBe(outcome);
    await source.close();
  });
});

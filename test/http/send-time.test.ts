import { afterAll, describe, expect, test } from 'vitest';
import { createHttp, type HttpSettings } from '../../src/http/index.ts';
import { chunksOf, createServers, failureOf, keeper, rawServer, testCall } from './servers.ts';

const servers = createServers();
afterAll(() => servers.stopAll());

const settings: HttpSettings = { userAgent: 'imgctl/test' };
const kib = 1024;

// They wait most of the time, and their limits are long enough for a machine that stands still now and then.
describe.concurrent('time', () => {
  const limitMs = 1500;
  const quick = createHttp({ ...settings, timeoutMs: limitMs, stallMs: limitMs });
  const twoLimits = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2 * limitMs));

  test('a server that stops reading is a broken one', async () => {
    const { origin, port } = await servers.add(rawServer((socket) => socket.pause()));
    const failure = await failureOf(quick.send({ method: 'PUT', url: origin, bytes: chunksOf(500, kib * kib) }, testCall()));
    expect(failure).toMatchObject({ code: 'NETWORK', message: `127.0.0.1:${port}: no data for 1.5 s while sending` });
  });

  test('a source may take longer than that; then the server is watched as before', async () => {
    async function* slow(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(1000);
      await twoLimits();
      yield* chunksOf(500, kib * kib);
    }
    const { origin } = await servers.add(rawServer((socket) => socket.once('data', () => setTimeout(() => socket.pause(), 50))));
    const begun = Date.now();
    expect(await failureOf(quick.send({ method: 'PUT', url: origin, bytes: slow() }, testCall()))).toMatchObject({
      code: 'NETWORK',
      message: expect.stringContaining('while sending'),
    });
    expect(Date.now() - begun).toBeGreaterThan(2 * limitMs);
  });

  test('a server that takes one big chunk slowly is not a broken one', async () => {
    const size = 16 * kib * kib;
    let seen = 0;
    const { origin } = await servers.add(
      rawServer((socket) => {
        socket.pause();
        // So much at a time that all of it takes longer than the limit, however much is there.
        const timer = setInterval(() => {
          const piece = socket.read(64 * kib) as Buffer | null;
          seen += piece?.length ?? 0;
          if (seen >= size) socket.write('HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n');
        }, 10);
        socket.on('close', () => clearInterval(timer));
      }),
    );
    // The kernel grants room in steps of a megabyte or so, hence some hundred milliseconds between them.
    const begun = Date.now();
    const answer = await quick.send({ method: 'PUT', url: origin, bytes: chunksOf(1, size), length: size }, testCall());
    expect(answer.status).toBe(201);
    expect(Date.now() - begun).toBeGreaterThan(limitMs);
  });

  test('a server may think about all it was given for longer than it may be silent before', async () => {
    const { origin } = await keeper(servers, (response) => void twoLimits().then(() => response.end('hashed')));
    expect(await quick.send({ method: 'PUT', url: origin, bytes: chunksOf(1, 10) }, testCall())).toMatchObject({
      text: 'hashed',
    });
  });

  test('`bytesPerSecond` is kept to', async () => {
    const { origin } = await keeper(servers);
    const slow = createHttp({ ...settings, bytesPerSecond: 400 * kib });
    const begun = Date.now();
    await slow.send({ method: 'PUT', url: origin, bytes: chunksOf(1, 600 * kib), length: 600 * kib }, testCall());
    // 600 KiB less a burst of 100 at 400 a second.
    expect(Date.now() - begun).toBeGreaterThan(1100);
    // Not at a tenth of it either, which would take ten times as long.
    expect(Date.now() - begun).toBeLessThan(10_000);
  });

  test('`bytesPerSecond` is kept to by all that share it together', async () => {
    const { origin } = await keeper(servers);
    const rate = { bytesPerSecond: 400 * kib, rateSharedBy: {} };
    const all = [0, 1, 2].map(() => createHttp({ ...settings, ...rate }));
    const begun = Date.now();
    await Promise.all(
      all.map((http) => http.send({ method: 'PUT', url: origin, bytes: chunksOf(1, 150 * kib), length: 150 * kib }, testCall())),
    );
    // 450 KiB less a burst of 100 at 400 a second; each by itself would take an eighth of one.
    expect(Date.now() - begun).toBeGreaterThan(700);
  });
});

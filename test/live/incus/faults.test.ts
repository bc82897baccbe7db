import { readdirSync } from 'node:fs';
import { createServer as createWebServer } from 'node:http';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { makeCall } from '../../../src/core/call.ts';
import driver from '../../../src/drivers/incus/index.ts';
import { allOf, everything, failureOf, testCall } from '../../conformance/stage.ts';
import { contentOf } from '../../support/content.ts';
import { guestDisk, qcow2Image } from '../../support/disk-images.ts';
import { openSession } from '../../support/open-session.ts';
import { titled } from '../daemon.ts';
import { products } from './lab.ts';
import { missing, startServer, type RealServer } from './server.ts';

const MiB = 1 << 20;
const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function started(...args: Parameters<typeof startServer>): Promise<RealServer> {
  const server = await startServer(...args);
  ends.push(() => server.stop());
  return server;
}

const sessionAt = (socket: string) => openSession(driver, { socket }).session;
const names = async ({ socket }: RealServer) =>
  (await allOf(sessionAt(socket).require('list').run(everything, testCall()))).map(({ name }) => name);

/** A disk whose bytes are read one after another; `before` is called before those at each place. */
function upload(socket: string, bytes: number, before?: (at: number) => void | Promise<void>) {
  const data = qcow2Image(guestDisk(bytes, 3));
  const content = contentOf(data, { format: 'qcow2' }, bytes, before ? { before } : {});
  const { signal } = new AbortController();
  const call = makeCall({ signal, retries: 0, limits: { pollInterval: 500 }, note: () => undefined });
  return sessionAt(socket)
    .require('upload')
    .run({ description: { name: 'web' }, content, extras: {} }, call);
}

/** A socket in front of that of a server. It breaks the connection where the server begins to answer what makes an image. */
async function losingAnswers(server: RealServer): Promise<string> {
  const socket = path.join(server.folder, 'front.socket');
  let isLost = false;
  const front: Server = createServer((client: Socket) => {
    const behind = connect(server.socket);
    let isUpload = false;
    client.on('data', (chunk: Buffer) => {
      isUpload ||= chunk.subarray(0, 64).toString('latin1').startsWith('POST /1.0/images ');
      behind.write(chunk);
    });
    behind.on('data', (chunk: Buffer) => {
      if (isUpload && !isLost && !chunk.toString('latin1').startsWith('HTTP/1.1 100')) {
        isLost = true;
        client.destroy();
      } else client.write(chunk);
    });
    client.on('close', () => setTimeout(() => behind.destroy(), 2000).unref());
    behind.on('close', () => client.destroy());
    for (const one of [client, behind]) one.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => front.listen(socket, resolve));
  ends.push(() => new Promise((resolve) => front.close(() => resolve())));
  return socket;
}

/** Serves an archive as a server imports one, and never comes to its end. `asked` resolves when its data is asked for. */
async function endless(): Promise<{ readonly url: string; readonly asked: Promise<void> }> {
  let isAsked = (): void => undefined;
  const asked = new Promise<void>((resolve) => (isAsked = resolve));
  const hash = '0'.repeat(64);
  const web = createWebServer(({ method }, response) => {
    const headers = ['Incus', 'LXD'].flatMap((product) => [
      [`${product}-Image-Hash`, hash],
      [`${product}-Image-URL`, url],
    ]);
    response.writeHead(200, { ...Object.fromEntries(headers), 'content-length': 64 * MiB });
    if (method === 'HEAD') return void response.end();
    response.write(Buffer.alloc(MiB));
    isAsked();
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(web.address() as AddressInfo).port}/image.tar`;
  ends.push(async () => {
    web.closeAllConnections();
    await new Promise((resolve) => web.close(resolve));
  });
  return { url, asked };
}

describe.skipIf(missing !== undefined)(titled('a real server that fails', missing), () => {
  describe.each(products)('%s', (product) => {
    it('killed in the middle of an upload has nothing of it when it is back', async () => {
      const server = await started(product);
      let isKilled = false;
      const work = upload(server.socket, 8 * MiB, async (at) => {
        if (isKilled || at < 4 * MiB) return;
        isKilled = true;
        await server.kill();
      });
      await failureOf(work, 'NETWORK');
      await server.start();
      expect(await names(server)).toEqual([]);
      expect(readdirSync(path.join(server.folder, 'images'))).toEqual([]);
      expect((await upload(server.socket, 8 * MiB)).name).toBe('web');
    });

    it('whose disk is full says so, and has nothing of it', async () => {
      const server = await started(product, '12M');
      const error = await failureOf(upload(server.socket, 16 * MiB), 'LIMIT');
      expect(error.message).toMatch(/no space left/);
      expect(error.circumstances.hint).toContain('twice its size');
      expect(await names(server)).toEqual([]);
      expect((await upload(server.socket, 2 * MiB)).name).toBe('web');
    });

    it('whose answer is lost has made the image, which is found', async () => {
      const server = await started(product);
      const image = await upload(await losingAnswers(server), 8 * MiB);
      expect(image.name).toBe('web');
      expect(await names(server)).toEqual(['web']);
    });

    it('ends what it makes by itself when that is stopped, and has nothing of it', async () => {
      const server = await started(product);
      const { url, asked } = await endless();
      const stop = new AbortController();
      void asked.then(() => stop.abort());
      const work = sessionAt(server.socket)
        .require('import')
        .run({ description: { name: 'web' }, url, extras: {} }, testCall(stop.signal));
      expect((await failureOf(work, 'ABORTED')).message).toContain('ended at the server');
      expect(Object.keys((await server.api('GET', '/operations')) as object)).not.toContain('running');
      expect(await names(server)).toEqual([]);
    });

    it('that stops in the middle of a download has given no whole disk', async () => {
      const server = await started(product);
      const { id } = await upload(server.socket, 16 * MiB);
      const found = await sessionAt(server.socket).require('download').run({ id }, testCall());
      const read = async (): Promise<void> => {
        let bytes = 0;
        for await (const chunk of found.open()) {
          if (bytes === 0) await server.kill();
          bytes += chunk.length;
        }
      };
      await failureOf(read(), 'NETWORK', 'INTEGRITY');
    });
  });
});

import { createServer as createHttpServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createNetServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { makeCall } from '../../src/core/call.ts';
import type { Call, Note } from '../../src/core/operation.ts';
import { ImgctlError } from '../../src/core/errors.ts';

/** A server of a test: where it is, and how to be rid of it with all its connections. */
export interface TestServer {
  readonly origin: string;
  readonly port: number;
  stop(): void;
}

export interface Servers {
  add(server: Server, protocol?: string): Promise<TestServer>;
  stopAll(): void;
}

/** Makes servers of any kind and stops them all after the test. */
export function createServers(): Servers {
  const running: TestServer[] = [];
  return {
    async add(server, protocol = 'http') {
      const sockets = new Set<Socket>();
      server.on('connection', (socket) => {
        sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => sockets.delete(socket));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      const stop = (): void => {
        for (const socket of sockets) socket.destroy();
        server.close();
      };
      const started = { origin: `${protocol}://127.0.0.1:${port}`, port, stop };
      running.push(started);
      return started;
    },
    stopAll: () => running.splice(0).forEach((server) => server.stop()),
  };
}

export const httpServer = (listener: RequestListener): Server => createHttpServer(listener);
/** A server that speaks bytes of its own; whatever a client does to the connection is fine with it. */
export const rawServer = (listener: (socket: Socket) => void): Server =>
  createNetServer((socket) => {
    socket.on('error', () => undefined);
    listener(socket);
  });

export interface TestCall extends Call {
  readonly notes: Note[];
}

/** A call with a budget of retries, and a memory of what was noted. */
export function testCall(left = 0, signal: AbortSignal = new AbortController().signal): TestCall {
  const notes: Note[] = [];
  return { ...makeCall({ signal, retries: left, limits: {}, note: (note) => void notes.push(note) }), notes };
}

/** The failure that a promise ends with; fails the test when it ends well. */
export async function failureOf(work: Promise<unknown>): Promise<ImgctlError> {
  const outcome = await work.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  );
  if (outcome instanceof ImgctlError) return outcome;
  throw outcome;
}

/** `count` chunks of `size` bytes each, in one buffer that is used again, as the rule for bytes allows. */
export async function* chunksOf(count: number, size: number): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.alloc(size);
  for (let index = 0; index < count; index += 1) {
    buffer.fill(index % 251);
    yield buffer;
    // Whoever still holds it sees this.
    buffer.fill(255);
  }
}

/** The same bytes as `chunksOf`, at once. */
export function bytesOfChunks(count: number, size: number): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, index) => Buffer.alloc(size, index % 251)));
}

/** A server that answers request number n (from 0) by the n-th function, and the last one for ever. */
export async function scripted(
  servers: Servers,

  ...answers: ((response: ServerResponse, request: IncomingMessage) => void)[]
): Promise<{ origin: string; seen: string[] }> {
  const seen: string[] = [];
  const { origin } = await servers.add(
    httpServer((request, response) => {
      const answer = answers[Math.min(seen.length, answers.length - 1)];
      seen.push(`${request.method} ${request.url}`);
      request.resume();
      request.on('end', () => answer?.(response, request));
    }),
  );
  return { origin, seen };
}
/** An answer for `scripted`. */
export const status =
  (code: number, headers: Record<string, string> = {}, body = '{}') =>
  (response: ServerResponse): void => {
    response.writeHead(code, headers);
    response.end(body);
  };
/** Ask again at once. */
export const soon = { 'retry-after': '0' };
/** Breaks the connection instead of answering. */
export const drop = (response: ServerResponse): void => void response.socket?.destroy();

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** A server that keeps what it was sent; `cut` tells of requests that ended early. */
export async function keeper(
  servers: Servers,
  answer: (response: ServerResponse) => void = (response) => response.end('stored'),
): Promise<{ origin: string; got: { headers: IncomingMessage['headers']; data: Buffer }[]; cut: () => number }> {
  const got: { headers: IncomingMessage['headers']; data: Buffer }[] = [];
  let cut = 0;
  const { origin } = await servers.add(
    httpServer((request, response) => {
      read(request).then(
        (data) => {
          got.push({ headers: request.headers, data });
          answer(response);
        },
        () => (cut += 1),
      );
    }),
  );
  return { origin, got, cut: () => cut };
}

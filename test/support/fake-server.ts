import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Fault, SeenRequest } from '../conformance/cloud.ts';

const keptBody = 64 * 1024;

/** A request with its body read. `data` is the whole body as bytes when `keepBodies` allows it (bulk uploads of tests are small). */
export interface FakeRequest extends SeenRequest {
  readonly url: URL;
  readonly data: Buffer;
}

export interface FakeAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, text and bytes as they are. */
  readonly body?: unknown;
}

export interface FakeServer {
  readonly origin: string;
  requests(): readonly SeenRequest[];
  forget(): void;
  fail(fault: Fault): void;
  stop(): Promise<void>;
}

/**
 * An HTTP server on loopback with a memory of what it was asked. `answer` returns undefined for a request that no
 * client should make: it becomes a 599 that no driver can take for success. `early` may answer before the body is read.
 */
export async function startFakeServer(
  answer: (request: FakeRequest) => FakeAnswer | undefined | Promise<FakeAnswer | undefined>,
  early?: (request: { method: string; path: string; headers: Readonly<Record<string, string>> }) => FakeAnswer | undefined,
): Promise<FakeServer> {
  const seen: SeenRequest[] = [];
  const faults: { fault: Fault; left: number }[] = [];

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = message.method ?? '';
    const path = message.url ?? '';
    const headers = Object.fromEntries(Object.entries(message.headers).map(([name, value]) => [name, String(value)]));
    const refused = early?.({ method, path, headers });
    if (refused) {
      seen.push({ method, path, headers, body: '', bodyBytes: 0 });
      send(response, refused);
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    const data = Buffer.concat(chunks);
    const request = { method, path, headers, body: data.subarray(0, keptBody).toString('utf8'), bodyBytes: data.length };
    seen.push(request);
    const planned = faults.find(({ fault, left }) => left > 0 && (fault.on?.(request) ?? true));
    if (planned) {
      planned.left -= 1;
      const { fault } = planned;
      if (fault.kind === 'drop') return void message.socket.destroy();
      if (fault.kind === 'stall') return;
      if (fault.kind === 'answer') return send(response, instead(fault));
    }
    const given = (await answer({ ...request, url: new URL(path, 'http://fake'), data })) ?? {
      status: 599,
      body: `no client should ask ${method} ${path}`,
    };
    if (planned?.fault.kind === 'truncate') return truncate(response, given);
    if (planned?.fault.kind === 'answer afterwards') return send(response, instead(planned.fault));
    send(response, given);
  }

  const server = createServer((message, response) => {
    serve(message, response).catch((error: unknown) => {
      if (!response.headersSent) send(response, { status: 598, body: `the fake itself failed: ${String(error)}` });
      else message.socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => [...seen],
    forget: () => void seen.splice(0),
    fail: (fault) => void faults.push({ fault, left: fault.times ?? 1 }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function bodyOf(answer: FakeAnswer): { type: string; bytes: Buffer } {
  if (answer.body === undefined) return { type: '', bytes: Buffer.alloc(0) };
  if (Buffer.isBuffer(answer.body)) return { type: 'application/octet-stream', bytes: answer.body };
  if (typeof answer.body === 'string') return { type: 'text/plain', bytes: Buffer.from(answer.body) };
  return { type: 'application/json', bytes: Buffer.from(JSON.stringify(answer.body)) };
}

function send(response: ServerResponse, answer: FakeAnswer): void {
  const { type, bytes } = bodyOf(answer);
  const bare = answer.status === 204 || answer.status === 304;
  response.writeHead(answer.status, {
    ...(type ? { 'content-type': type } : {}),
    ...(bare ? {} : { 'content-length': bytes.length }),
    ...answer.headers,
  });
  response.end(bare ? undefined : bytes);
}

const instead = ({ status = 500, headers = {}, body = '' }: Fault): FakeAnswer => ({ status, headers, body });

function truncate(response: ServerResponse, answer: FakeAnswer): void {
  const { type, bytes } = bodyOf(answer);
  response.writeHead(answer.status, {
    'content-type': type || 'text/plain',
    ...answer.headers,
    'content-length': bytes.length + 1,
  });
  response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy());
}

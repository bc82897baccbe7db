import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WireFault } from './wire-fault.ts';

/** A whole answer of the service behind. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly data: Buffer;
  /** It answers a HEAD: its headers speak of a body that does not come. */
  readonly bodiless?: boolean;
}

/** Bytes of the body that an answer speaks of. */
export const lengthOf = ({ headers, data, bodiless }: WireAnswer): number =>
  bodiless ? Number(headers['content-length'] ?? 0) : data.length;

const slowPieces = 6;
const slowPauseMs = 15;

/** The head of an answer as it goes over the wire; what frames the body is the caller's to say. */
function head(status: number, headers: Readonly<Record<string, string>>, length: number | undefined): string {
  const framing = new Set(['content-length', 'transfer-encoding', 'connection', 'keep-alive']);
  const lines = Object.entries(headers)
    .filter(([name]) => !framing.has(name))
    .map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Whatever\r\n${lines.join('')}${length === undefined ? '' : `content-length: ${length}\r\n`}connection: close\r\n\r\n`;
}

const write = (socket: Socket, bytes: string | Buffer): Promise<void> =>
  new Promise((resolve) => {
    if (socket.destroyed) resolve();
    else socket.write(bytes, () => resolve());
  });

/** Reads `part` of the body and then does what is to be done in the middle of it. */
async function whileSending(message: IncomingMessage, share: number, then: () => void): Promise<void> {
  const total = Number(message.headers['content-length'] ?? 65_536);
  let read = 0;
  for await (const chunk of message) {
    read += (chunk as Buffer).length;
    if (read >= total * share) break;
  }
  then();
}

/** Text without an end, in chunks. */
async function pour(socket: Socket): Promise<void> {
  const filling = Buffer.alloc(64 * 1024, ' ');
  const chunk = Buffer.concat([Buffer.from(`${filling.length.toString(16)}\r\n`), filling, Buffer.from('\r\n')]);
  while (!socket.destroyed) await write(socket, chunk);
}

const endless = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n';
const html = '<!doctype html><html><head><title>Sign in</title></head><body><h1>Please sign in to the network</h1></body></html>';

/** Answers a request as the fault says. `answer` is there where the service behind has done the work. */
export async function misbehave(
  fault: WireFault,
  message: IncomingMessage,
  response: ServerResponse,
  answer: WireAnswer | undefined,
): Promise<void> {
  const { socket } = message;
  const instead = (status: number, headers: Readonly<Record<string, string>>, body: string): Promise<void> =>
    // An answer to HEAD has no body, however wrong it is: what came behind it would be no HTTP.
    write(socket, head(status, headers, Buffer.byteLength(body)) + (message.method === 'HEAD' ? '' : body)).then(
      () => void socket.end(),
    );
  const given = answer ?? { status: 200, headers: {}, data: Buffer.from('{}') };
  const part = (share: number): Buffer => given.data.subarray(0, Math.floor(given.data.length * share));
  const length = lengthOf(given);
  const whole = head(given.status, given.headers, length);
  switch (fault.kind) {
    case 'refuse':
      return;
    case 'reset':
      return void socket.resetAndDestroy();
    case 'close':
      return void socket.end();
    case 'stall':
      return;
    case 'reset while sending':
      return whileSending(message, fault.at, () => socket.resetAndDestroy());
    case 'stall while sending':
      return whileSending(message, fault.at, () => message.pause());
    case 'refuse while sending':
      return whileSending(message, fault.at, () => void instead(503, { 'content-type': 'text/plain' }, 'not now'));
    case 'cut':
      await write(socket, whole);
      await write(socket, part(fault.at));
      return void socket.end();
    case 'reset inside':
      await write(socket, whole);
      await write(socket, part(fault.at));
      await sleep(5);
      return void socket.resetAndDestroy();
    case 'stall inside':
      await write(socket, whole);
      return write(socket, part(fault.at));
    case 'flip': {
      const data = Buffer.from(given.data);
      const at = Math.min(data.length - 1, Math.floor(data.length * fault.at));
      if (at >= 0) data[at] = (data[at] ?? 0) ^ 0x20;
      await write(socket, whole);
      await write(socket, data);
      return void socket.end();
    }
    case 'short length': {
      const shorter = part(0.5);
      await write(socket, head(given.status, given.headers, Math.floor(length * 0.5)));
      await write(socket, shorter);
      return void socket.end();
    }
    case 'long length':
      await write(socket, head(given.status, given.headers, length + 1000));
      await write(socket, given.data);
      return void socket.end();
    case 'doubled':
      await write(socket, head(given.status, given.headers, length * 2));
      await write(socket, Buffer.concat([given.data, given.data]));
      return void socket.end();
    case 'slow': {
      await write(socket, whole);
      const step = Math.max(1, Math.ceil(given.data.length / slowPieces));
      for (let from = 0; from < given.data.length; from += step) {
        await sleep(slowPauseMs);
        await write(socket, given.data.subarray(from, from + step));
      }
      return void socket.end();
    }
    case 'tampered': {
      const data = Buffer.from(fault.change(given.data.toString('utf8')) as string);
      await write(socket, head(given.status, given.headers, data.length));
      await write(socket, data);
      return void socket.end();
    }
    case 'status':
      return instead(
        fault.status,
        { 'content-type': 'text/plain', ...(fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter }) },
        'the proxy of the tests says so',
      );
    case 'html':
      return instead(200, { 'content-type': 'text/html' }, html);
    case 'other json':
      return instead(200, { 'content-type': 'application/json' }, '[1, 2, 3]');
    case 'half json':
      return instead(200, { 'content-type': 'application/json' }, '{"id": "x", "images": [{"na');
    case 'empty':
      return instead(200, { 'content-type': 'application/json' }, '');
    case 'garbage':
      await write(socket, Buffer.from('\u0000\u0001SSH-2.0-OpenSSH_9.7\r\nnot http at all\r\n\r\n'));
      return void socket.end();
    case 'huge headers':
      return instead(200, { 'content-type': 'application/json', 'x-filler': 'x'.repeat(300_000) }, '{}');
    case 'endless':
      await write(socket, endless);
      return pour(socket);
    case 'loop':
      return instead(302, { location: message.url ?? '/' }, '');
    case 'redirect':
      return instead(fault.status, { location: fault.to }, '');
  }
  response.destroy();
}

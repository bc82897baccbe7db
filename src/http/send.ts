import type { ClientRequest, IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ImgctlError, integrityError } from '../core/errors.ts';
import type { Bytes } from '../core/http.ts';
import type { Answer } from '../core/answer.ts';
import { begin, type BulkTools, type Exchange } from './bulk-request.ts';
import { readBodyText } from './receive.ts';
import { answerHeaders, type WireRequest } from './wire.ts';

/** How many time limits a server may take to answer once it has all bytes: it may hash or copy them first. By default 15 min. */
const digestionLimits = 30;

/** Milliseconds that `100 Continue` is waited for: who does not know it says nothing (RFC 9110 section 10.1.1). */
const continueMs = 1500;

/** Bytes that are written at once. A piece gone within `quickMs` is followed by one twice as large. */
export const smallestPiece = 16 << 10;
const largest = 512 << 10;
const quickMs = 250;

/**
 * How far from where a connection broke off before a server may refuse this time: what two systems hold between them, and more. There
 * it gets `refusalMs` before each piece. A server that refuses and closes at once (LXD 5.0) breaks the connection under what is sent
 * next, and node gives up what has come and was not read: asked as fast as before, it would be lost again.
 */
const inFlight = 16 << 20;
const refusalMs = 10;

/** What is to be sent. Absent length: chunked transfer encoding. */
export interface SendSource {
  readonly bytes: Bytes;
  readonly length?: number;
  readonly expectContinue?: boolean;
}

/** The sending side of an exchange. */
interface Sender {
  /** The server has been given everything: its answer is no longer early. */
  complete: boolean;
  /** There is a failure, or an early answer: more bytes are pointless. */
  readonly over: boolean;
  /** The outcome of some work, or absent as soon as it is over. */
  unlessOver<T>(work: Promise<T>): Promise<T | undefined>;
}

function createSender(answer: Promise<IncomingMessage>, complete: boolean): Sender {
  let over = false;
  // One listener for the whole transfer: one for each chunk would stay in memory to the end.
  let wake: () => void = () => undefined;
  const end = (): void => {
    over = true;
    wake();
  };
  const sender: Sender = {
    complete,
    get over() {
      return over;
    },
    unlessOver: (work) =>
      new Promise((resolve, reject) => {
        wake = () => resolve(undefined);
        work.then(resolve, reject);
        if (over) resolve(undefined);
      }),
  };
  answer.then(() => (sender.complete ? undefined : end()), end);
  return sender;
}

/** Returns when the buffer is free again. A failed write says nothing: the server may have answered before it closed. */
const write = (request: ClientRequest, bytes: Uint8Array): Promise<void> =>
  new Promise((resolve) => request.write(bytes, (error) => (error ? undefined : resolve())));

/** Returns when the server wants the bytes, or does not know the question. It does not keep the process alive: the exchange does. */
const permission = (request: ClientRequest): Promise<void> =>
  new Promise((resolve) => {
    const wait = (): unknown => setTimeout(resolve, continueMs).unref();
    request.once('continue', resolve);
    request.once('socket', (socket) => (request.reusedSocket ? wait() : socket.once('connect', wait)));
    request.flushHeaders();
  });

/** Sends the source's bytes until they are all gone or it is over. Returns how many went; `refuse` makes the error for too many. */
async function pump(
  source: SendSource,
  sender: Sender,
  exchange: Exchange,
  tools: BulkTools,
  refuse: () => ImgctlError,
): Promise<number> {
  const { pass } = tools.throttle;
  // A piece has to go within the time limit: on a slow line it is a small one.
  const { pace } = tools;
  const iterator = source.bytes[Symbol.asyncIterator]();
  let sent = 0;
  let asked = false;
  try {
    while (!sender.over) {
      asked = true;
      const next = await sender.unlessOver(iterator.next());
      if (!next) return sent;
      asked = false;
      if (next.done) return sent;
      const chunk = next.value;
      if (sent + chunk.byteLength > (source.length ?? Infinity)) throw refuse();
      for (let at = 0; at < chunk.byteLength && !sender.over;) {
        const part = chunk.subarray(at, at + Math.min(pace.piece, tools.throttle.portion));
        at += part.byteLength;
        await pass(part.byteLength, tools.signal);
        if (Math.abs(sent - (pace.brokeAt ?? -Infinity)) < inFlight) await sender.unlessOver(sleep(refusalMs));
        if (sender.over) break;
        sent += part.byteLength;
        sender.complete = sent === source.length;
        const since = performance.now();
        exchange.wait('sending', tools.limits.stallMs);
        await sender.unlessOver(write(exchange.request, part));
        exchange.rest();
        const ms = performance.now() - since;
        const { piece } = pace;
        pace.piece = ms < quickMs ? Math.min(largest, piece * 2) : ms > quickMs * 4 ? Math.max(smallestPiece, piece / 2) : piece;
      }
    }
    return sent;
  } finally {
    // A source that was asked and has nothing yet, such as a terminal, would not hear us before it has.
    const closed = iterator.return?.();
    if (asked) closed?.catch(() => undefined);
    else await closed;
  }
}

/** How `expectContinue` was taken. `without`: the server has refused the question, and must be asked without it. */
export type SendResult = Answer & { readonly text: string; readonly without?: 'untouched' | 'begun' };

/**
 * Sends bytes and returns the answer, whatever its status; an early refusal ends the sending. Nothing is repeated. `without`
 * says of a 417 that the question was refused, and whether bytes of the source had been taken by then.
 * Throws INTEGRITY when the source has more or fewer bytes than `length` or when success is told before the end,
 * NETWORK when there is no answer, ABORTED; and what the source throws, as it is.
 */
export async function sendBytes(wire: WireRequest, source: SendSource, tools: BulkTools): Promise<SendResult> {
  const { length } = source;
  // Whether nothing is wanted needs no question; and an answer to nothing may come at once.
  const asks = source.expectContinue === true && length !== 0;
  const exchange = begin(
    {
      ...wire,
      headers: {
        ...wire.headers,
        ...(length === undefined ? {} : { 'content-length': String(length) }),
        ...(asks ? { expect: '100-continue' } : {}),
      },
    },
    tools,
  );
  const sender = createSender(exchange.answer, length === 0);
  const wrong = (had: string): ImgctlError =>
    integrityError(`${wire.shown}: announced ${length} bytes, the source had ${had}`, {
      hint: 'Try again: the source may have changed while it was read.',
    });
  let finished = false;
  let begun = false;
  try {
    if (asks) {
      exchange.wait('sending', tools.limits.stallMs);
      await sender.unlessOver(permission(exchange.request));
      exchange.rest();
    }
    begun = !sender.over;
    const sent = sender.over ? 0 : await pump(source, sender, exchange, tools, () => wrong('more'));
    if (!sender.over) {
      if (length !== undefined && sent < length) throw wrong(`only ${sent}`);
      sender.complete = true;
      exchange.request.end();
      exchange.wait('waiting for the answer', Math.max(tools.limits.stallMs, tools.limits.timeoutMs * digestionLimits));
    }
    const message = await exchange.answer.catch((error: unknown) => {
      tools.pace.brokeAt = sent;
      throw error;
    });
    tools.pace.brokeAt = undefined;
    const status = message.statusCode ?? 0;
    if (sender.over && status < 300)
      throw integrityError(`${wire.shown} answered HTTP ${status} before all bytes were sent`, { status });
    const text = await readBodyText(message, exchange, tools.limits.stallMs, sender.over);
    finished = !sender.over;
    const without = asks && status === 417 ? { without: begun ? ('begun' as const) : ('untouched' as const) } : {};
    return { status, headers: answerHeaders(message.headers), text, ...without };
  } finally {
    exchange.rest();
    if (!finished) exchange.stop();
  }
}

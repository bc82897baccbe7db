import type { IncomingMessage } from 'node:http';
import { providerError } from '../core/errors.ts';
import type { Bytes, ReceiveAnswer, ReceiveRequest } from '../core/http.ts';
import { createReceiveBuffer, type Gathering } from './receive-buffer.ts';
import { begin, type BulkTools, type Exchange } from './bulk-request.ts';
import { isGzip, refuseEncoded, unpacked } from './content-encoding.ts';
import { answerHeaders, type WireRequest } from './wire.ts';

/** Bytes of a body that is read as text. */
const longestText = 64 * 1024;

/**
 * The beginning of a body, at most 64 KiB. Throws NETWORK when it breaks off, unless it is `welcomeShort`: a server
 * that refuses an upload may close the connection on what it says.
 */
export async function readBodyText(
  message: IncomingMessage,
  exchange: Exchange,
  stallMs: number,
  welcomeShort: boolean,
): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  exchange.wait('reading the answer', stallMs);
  try {
    for await (const chunk of message as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.byteLength;
      if (size >= longestText) break;
    }
  } catch (error) {
    if (!welcomeShort) throw exchange.explain(error);
  } finally {
    exchange.rest();
  }
  return Buffer.concat(chunks).subarray(0, longestText).toString('utf8');
}

type Range = NonNullable<ReceiveRequest['range']>;

/** How a body comes, and what becomes of its bytes. */
interface Form extends Pick<Gathering, 'into'> {
  readonly isPacked: boolean;
}

/** The body, with the connection seen to: ended when the consumer stops, also one that never began; NETWORK when it breaks off. */
function bodyOf(message: IncomingMessage, exchange: Exchange, tools: BulkTools, form: Form): Bytes {
  return {
    [Symbol.asyncIterator]() {
      const reading = body(message, exchange, tools, form);
      let begun = false;
      return {
        next() {
          begun = true;
          return reading.next();
        },
        return() {
          // A generator that was never asked for anything runs no `finally`.
          if (!begun) exchange.stop();
          return reading.return(undefined);
        },
      };
    },
  };
}

async function* body(
  message: IncomingMessage,
  exchange: Exchange,
  { throttle, limits, signal }: BulkTools,
  { isPacked, into }: Form,
): AsyncGenerator<Uint8Array> {
  const buffer = createReceiveBuffer(isPacked ? unpacked(message) : message, { portion: throttle.portion, into });
  try {
    for (;;) {
      exchange.wait('reading the answer', limits.stallMs);
      const chunk = await buffer.next().catch((error: unknown) => Promise.reject(exchange.explain(error)));
      exchange.rest();
      if (!chunk) return;
      await throttle.pass(chunk.byteLength, signal);
      yield chunk;
    }
  } finally {
    exchange.rest();
    if (!message.readableEnded) exchange.stop();
  }
}

/** Throws PROVIDER when a part was sent that was not asked for: it would go to the wrong place. */
function checkRange(message: IncomingMessage, range: Range | undefined, wire: WireRequest): void {
  if (message.statusCode !== 206 || !range) return;
  const said = message.headers['content-range'] ?? '';
  const first = /^bytes (\d+)-/.exec(said)?.[1];
  if (Number(first) !== range.from)
    throw providerError(
      `${wire.shown} was asked for bytes from ${range.from} on, and sent ${first === undefined ? 'others' : `those from ${first} on`}`,
      {
        status: 206,
      },
    );
}

/**
 * Asks for bytes and returns as soon as there are headers, whatever the status. Throws NETWORK when none come, and
 * PROVIDER when a 206 begins at another byte than was asked for. The answer holds its connection until `bytes` or
 * `text()` are read or let go, or the signal fires; one that nobody reads does not keep the process alive. Of a refusal and a
 * redirect there is the text alone.
 */
export async function receiveBytes(
  wire: WireRequest,
  { range, compressible = false, into }: Pick<ReceiveRequest, 'range' | 'compressible' | 'into'>,
  tools: BulkTools,
): Promise<ReceiveAnswer> {
  const asking = {
    'accept-encoding': compressible ? 'gzip' : 'identity',
    ...wire.headers,
    ...(range ? { range: `bytes=${range.from}-${range.to ?? ''}` } : {}),
  };
  const exchange = begin({ ...wire, headers: asking }, tools);
  exchange.request.end();
  exchange.wait('waiting for the answer', Math.max(tools.limits.timeoutMs, tools.limits.stallMs));
  const message = await exchange.answer;
  exchange.rest();
  const status = message.statusCode ?? 0;
  const headers = answerHeaders(message.headers);
  try {
    refuseEncoded({ status, headers }, wire.shown, 'file');
    checkRange(message, range, wire);
  } catch (error) {
    exchange.stop();
    throw error;
  }
  // A redirect or a refusal is read at once: nobody can forget to, and its connection is free again.
  if (status >= 300) {
    const text = await readBodyText(message, exchange, tools.limits.stallMs, true);
    if (!message.readableEnded) exchange.stop();
    return { status, headers, bytes: nothing(), text: async () => text };
  }
  return {
    status,
    headers,
    bytes: bodyOf(message, exchange, tools, { isPacked: compressible && isGzip(headers), into }),
    text: () => readBodyText(message, exchange, tools.limits.stallMs, false),
  };
}

async function* nothing(): Bytes {}

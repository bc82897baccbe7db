import type { IncomingMessage } from 'node:http';
import { providerError } from '../core/errors.ts';
import type { ReceiveAnswer, ReceiveRequest } from '../core/http.ts';
import { createInbox } from './inbox.ts';
import { begin, type BulkTools, type Exchange } from './exchange.ts';
import { answerHeaders, type WireRequest } from './wire.ts';

/** Bytes of a body that is read as text. */
const longestText = 64 * 1024;

/**
 * The beginning of a body, at most 64 KiB. Throws NETWORK when it breaks off, unless it is `welcomeShort`: a server
 * that refuses an upload may close the connection on what it says.
 */
export async function readText(
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

/** The body, with the connection seen to: ended when the consumer stops, NETWORK when it breaks off. */
async function* body(
  message: IncomingMessage,
  exchange: Exchange,
  { brake, limits, signal }: BulkTools,
): AsyncGenerator<Uint8Array> {
  const inbox = createInbox(message, brake.portion);
  try {
    for (;;) {
      exchange.wait('reading the answer', limits.stallMs);
      const chunk = await inbox.next().catch((error: unknown) => Promise.reject(exchange.explain(error)));
      exchange.rest();
      if (!chunk) return;
      await brake.pass(chunk.byteLength, signal);
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
 * `text()` are read, or the signal fires.
 */
export async function receiveBytes(wire: WireRequest, range: Range | undefined, tools: BulkTools): Promise<ReceiveAnswer> {
  const headers = {
    'accept-encoding': 'identity',
    ...wire.headers,
    ...(range ? { range: `bytes=${range.from}-${range.to ?? ''}` } : {}),
  };
  const exchange = begin({ ...wire, headers }, tools);
  exchange.request.end();
  exchange.wait('waiting for the answer', Math.max(tools.limits.timeoutMs, tools.limits.stallMs));
  const message = await exchange.answer;
  exchange.rest();
  try {
    checkRange(message, range, wire);
  } catch (error) {
    exchange.stop();
    throw error;
  }
  return {
    status: message.statusCode ?? 0,
    headers: answerHeaders(message.headers),
    bytes: body(message, exchange, tools),
    text: () => readText(message, exchange, tools.limits.stallMs, false),
  };
}

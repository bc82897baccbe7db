import type { Readable } from 'node:stream';

/** Bytes of a buffer, and how many there are: one is with the consumer, the others are filled meanwhile. */
const bufferBytes = 1024 * 1024;
const bufferCount = 3;

/** Milliseconds after which a waiting consumer gets a buffer that is not full. */
const impatienceMs = 100;

/** What has come over a connection and was not asked for yet. */
export interface ReceiveBuffer {
  /**
   * The next bytes; absent at the end. What was given before may be overwritten from now on, but for what lies in memory that was
   * handed in. Rejects when the stream breaks off, after all that had come before was given.
   */
  next(): Promise<Uint8Array | undefined>;
}

interface Filled {
  readonly buffer: Uint8Array;
  readonly bytes: number;
}

/** How a stream is gathered. */
export interface Gathering {
  /** The most that is given at once. */
  readonly portion: number;
  /** Memory in which all that comes is to lie, as far as there is room. */
  readonly into?: Uint8Array | undefined;
}

/**
 * Gathers a stream in few buffers that are used again, while the consumer works on what it has; stops the flow when
 * all are full.
 */
export function createReceiveBuffer(stream: Readable, { portion, into }: Gathering): ReceiveBuffer {
  const length = Math.min(bufferBytes, portion);
  const free: Uint8Array[] = [];
  let made = 0;
  /** Where in `into` the next bytes lie. */
  let place = 0;
  const take = (): Uint8Array | undefined => {
    if (into && place < into.length) return into.subarray(place, place + length);
    const idle = free.pop();
    if (idle || made === bufferCount) return idle;
    made += 1;
    return Buffer.allocUnsafeSlow(length);
  };
  const ready: Filled[] = [];
  let filling: Uint8Array | undefined;
  let bytes = 0;
  let lent: Uint8Array | undefined;
  /** What no buffer was free for; the stream is paused. */
  let left: Buffer | undefined;
  let end: { readonly error?: unknown } | undefined;
  let wake: (() => void) | undefined;
  let waitingSince = 0;

  const hand = (): void => {
    if (!filling) return;
    ready.push({ buffer: filling, bytes });
    place += bytes;
    filling = undefined;
    bytes = 0;
    wake?.();
  };
  const accept = (chunk: Buffer): void => {
    let more = chunk;
    while (more.byteLength > 0) {
      filling ??= take();
      if (!filling) {
        left = more;
        stream.pause();
        return;
      }
      const taken = more.copy(filling, bytes);
      bytes += taken;
      more = more.subarray(taken);
      if (bytes === filling.byteLength) hand();
    }
    if (wake && performance.now() - waitingSince > impatienceMs) hand();
  };
  const finish = (outcome: { readonly error?: unknown }): void => {
    end ??= outcome;
    hand();
    wake?.();
  };
  const start = (): void => {
    if (stream.destroyed && !stream.readableEnded) return finish({ error: stream.errored ?? broken() });
    stream.on('end', () => finish({}));
    stream.on('error', (error) => finish({ error }));
    stream.on('close', () => finish({ error: broken() }));
    stream.on('data', accept);
  };
  let started = false;
  return {
    async next() {
      if (!started) {
        started = true;
        start();
      }
      if (lent) free.push(lent);
      lent = undefined;
      if (left) {
        const chunk = left;
        left = undefined;
        accept(chunk);
        if (!left) stream.resume();
      }
      if (ready.length === 0 && !end) {
        waitingSince = performance.now();
        await new Promise<void>((resolve) => (wake = resolve));
        wake = undefined;
      }
      const first = ready.shift();
      if (first) {
        if (first.buffer.buffer !== into?.buffer) lent = first.buffer;
        return first.buffer.subarray(0, first.bytes);
      }
      if (end?.error !== undefined) throw end.error;
      return undefined;
    },
  };
}

const broken = (): Error => Object.assign(new Error('ended early'), { code: 'ECONNRESET' });

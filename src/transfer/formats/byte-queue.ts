import type { Bytes } from '../../core/http.ts';
import { findingError } from './findings.ts';

/** A stream of which so many bytes are taken as are wanted. */
export interface ByteQueue {
  /** How many bytes have been taken. */
  readonly position: number;
  /** The next `length` bytes, or fewer where the stream ends: the caller's to keep. */
  upTo(length: number): Promise<Buffer>;
  /** The next `length` bytes. Throws INTEGRITY (`truncated`) where the stream ends before; `what` names them in the message. */
  take(length: number, what: string): Promise<Buffer>;
  /** Lets go of the stream. */
  close(): Promise<void>;
}

export function byteQueue(bytes: Bytes): ByteQueue {
  const source = bytes[Symbol.asyncIterator]();
  let chunk: Uint8Array = new Uint8Array(0);
  let position = 0;
  async function upTo(length: number): Promise<Buffer> {
    const taken = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      if (chunk.length === 0) {
        const next = await source.next();
        if (next.done) break;
        chunk = next.value;
      }
      const part = chunk.subarray(0, length - filled);
      taken.set(part, filled);
      filled += part.length;
      chunk = chunk.subarray(part.length);
    }
    position += filled;
    return filled === length ? taken : taken.subarray(0, filled);
  }
  return {
    get position() {
      return position;
    },
    upTo,
    async take(length, what) {
      const taken = await upTo(length);
      if (taken.length < length) throw findingError('truncated', `the stream ends inside ${what}`);
      return taken;
    },
    close: async () => void (await source.return?.()),
  };
}

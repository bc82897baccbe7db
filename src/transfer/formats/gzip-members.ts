import { createInflateRaw } from 'node:zlib';
import type { Bytes } from '../../core/http.ts';

const trailerBytes = 8;
const longestHeader = 64 << 10;
const flags = { crc: 2, extra: 4, name: 8, comment: 16 };

/**
 * The same bytes of a gzip. `onSecond` is called, once at most, as soon as more than zeros follow behind its first member (RFC 1952, 2.2): some
 * programs do not unpack that. Nothing is said of data that is broken.
 */
export async function* watchGzipMembers(bytes: Bytes, onSecond: () => void): Bytes {
  let front: Buffer | undefined = Buffer.alloc(0);
  let isDone = false;
  let [fed, passed, consumed] = [0, 0, 0];
  let headerLength = 0;
  const engine = createInflateRaw();
  engine.resume();
  engine.on('end', () => (consumed = engine.bytesWritten));
  engine.on('error', () => (isDone = true));
  try {
    for await (const chunk of bytes) {
      if (!isDone) await watch(chunk);
      passed += chunk.length;
      yield chunk;
    }
  } finally {
    engine.destroy();
  }

  async function watch(chunk: Uint8Array): Promise<void> {
    let data = chunk;
    if (front) {
      front = Buffer.concat([front, chunk]);
      const length = headerLengthOf(front);
      if (length === undefined) {
        isDone = front.length > longestHeader;
        return;
      }
      headerLength = length;
      data = front.subarray(length);
      front = undefined;
    }
    if (consumed === 0 && data.length > 0) {
      fed += data.length;
      await new Promise<void>((resolve) => {
        const done = (): void => {
          engine.off('close', done);
          engine.off('end', done);
          resolve();
        };
        engine.once('close', done);
        engine.once('end', done);
        engine.write(data, done);
      });
      // The engine tells of the end only once what it gave has been taken.
      if (engine.errored === null && engine.bytesWritten < fed) consumed = engine.bytesWritten;
    }
    if (consumed === 0) return;
    const behind = headerLength + consumed + trailerBytes;
    const from = Math.max(0, behind - passed);
    if (!chunk.subarray(from).some((byte) => byte !== 0)) return;
    isDone = true;
    onSecond();
  }
}

/** How long the header at the beginning is; absent where more of it is needed. */
function headerLengthOf(bytes: Buffer): number | undefined {
  if (bytes.length < 12) return undefined;
  const set = bytes[3] ?? 0;
  let at = 10;
  if (set & flags.extra) at += 2 + bytes.readUInt16LE(10);
  for (const flag of [flags.name, flags.comment]) {
    if (!(set & flag)) continue;
    const end = bytes.indexOf(0, at);
    if (end < 0) return undefined;
    at = end + 1;
  }
  at += set & flags.crc ? 2 : 0;
  return at <= bytes.length ? at : undefined;
}

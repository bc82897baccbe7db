import { createGunzip, type Gunzip } from 'node:zlib';
import type { Bytes } from '../../core/http.ts';
import { findingError } from './findings.ts';

const outputBytes = 256 << 10;

/**
 * Decompresses gzip, all members of it, and compares their checksums. INTEGRITY where data is broken, cut off, or followed by anything but
 * zeros (as gzip itself has it: tapes were filled up with them).
 */
export async function* gunzip(bytes: Bytes): AsyncGenerator<Uint8Array, void, undefined> {
  const engine = createGunzip({ chunkSize: outputBytes });
  let failure: unknown;
  const feeding = feed(engine, bytes).catch((error: unknown) => {
    failure = error;
    engine.destroy();
  });
  let given = 0;
  try {
    for await (const chunk of engine) {
      given += chunk.length;
      yield chunk;
    }
  } catch (error) {
    throw failure ?? gzipError(error, given);
  } finally {
    engine.destroy();
  }
  await feeding;
  if (failure !== undefined) throw failure;
}

async function feed(engine: Gunzip, bytes: Bytes): Promise<void> {
  let fed = 0;
  let ended = false;
  for await (const chunk of bytes) {
    if (engine.errored !== null || (engine.destroyed && !ended)) return;
    let rest = chunk;
    if (!ended) {
      await write(engine, chunk);
      fed += chunk.length;
      // The engine leaves what it does not want: after the last member, when zeros follow.
      rest = chunk.subarray(chunk.length - (fed - engine.bytesWritten));
      ended = rest.length > 0;
    }
    if (rest.some((byte) => byte !== 0)) throw findingError('trailing_junk', 'trailing data after the end of the gzip data');
  }
  if (!ended) engine.end();
}

/** Resolves when the chunk has been used, or the engine is gone. */
function write(engine: Gunzip, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      engine.off('close', done);
      resolve();
    };
    engine.once('close', done);
    engine.write(chunk, done);
  });
}

function gzipError(error: unknown, given: number): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  if (error.code === 'Z_BUF_ERROR') return findingError('truncated', 'the gzip data is truncated');
  if (error.code !== 'Z_DATA_ERROR') return error;
  if (/data check|length check/.test(error.message)) return findingError('checksum', 'the checksum of the gzip data is wrong');
  if (/header|compression method/.test(error.message) && given > 0)
    return findingError('trailing_junk', 'trailing data after the end of the gzip data');
  return findingError('decompress', `the gzip data is broken: ${error.message}`);
}

import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { ZSTDDecoder } from 'zstddec/stream';
import type { Bytes } from '../../core/http.ts';
import { findingError } from './findings.ts';
import { bufferOf } from './byte-reader.ts';
import { zstdFrameLength } from './zstd-frame.ts';
import { zstdWindows } from './zstd-windows.ts';

/** Node has Zstandard from 22.15 on; before, it is WebAssembly's work. */
const native = typeof zlib.zstdDecompress === 'function' ? promisify(zlib.zstdDecompress) : undefined;

let decoder: Promise<ZSTDDecoder> | undefined;

function loadDecoder(): Promise<ZSTDDecoder> {
  decoder ??= (async () => {
    const loading = new ZSTDDecoder();
    await loading.init();
    return loading;
  })();
  return decoder;
}

/** Decompresses one frame, behind which there may be slack. INTEGRITY (`decompress`) unless it gives exactly `length` bytes. */
export async function unzstdExactly(bytes: Uint8Array, length: number): Promise<Uint8Array> {
  const frame = bytes.subarray(0, zstdFrameLength(bufferOf(bytes)));
  const unpack = native ?? wasmUnpack(await loadDecoder());
  const unpacked = await unpack(frame, { maxOutputLength: length }).catch(() => undefined);
  if (unpacked?.length !== length) throw findingError('decompress', `a zstd frame is broken or does not give ${length} bytes`);
  return unpacked;
}

const wasmUnpack = (wasm: ZSTDDecoder) => async (frame: Uint8Array, options: { maxOutputLength: number }) =>
  wasm.decode(frame, options.maxOutputLength);

/** After so many calls in a row that give nothing the decoder has failed: it does not say so, but stands still. */
const idleCalls = 64;

/**
 * Decompresses Zstandard, all frames of it. INTEGRITY where data is broken, cut off, or followed by something else; UNSUPPORTED for a
 * window that is too large.
 * The same decoder whatever Node has: so what is broken is told alike everywhere.
 */
export async function* unzstd(bytes: Bytes): AsyncGenerator<Uint8Array, void, undefined> {
  const wasm = await loadDecoder();
  const waiting: Uint8Array[] = [];
  let idle = 0;
  function* pieces() {
    for (let piece = waiting.shift(); piece !== undefined; piece = waiting.shift()) {
      idle = 0;
      yield piece;
    }
  }
  const output = wasm.decodeStreaming(pieces());
  const input = bytes[Symbol.asyncIterator]();
  const watch = zstdWindows();
  try {
    for (let ended = false; ;) {
      // The decoder is synchronous: before it is asked for anything, there must be a piece for it to take.
      while (!ended && waiting.length === 0) {
        const next = await input.next();
        if (next.done === true) ended = true;
        else if (next.value.length > 0) {
          watch(next.value);
          waiting.push(next.value);
        }
      }
      const { done, value } = output.next();
      if (done === true) return;
      idle = value.length > 0 ? 0 : idle + 1;
      if (idle > idleCalls) throw findingError('decompress', 'the zstd data is broken, or has trailing data');
      if (value.length > 0) yield value;
    }
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('Incomplete stream'))
      throw findingError('truncated', 'the zstd data is truncated');
    if (error instanceof Error && error.name === 'RuntimeError')
      throw findingError('decompress', `the zstd data is broken: ${error.message}`);
    throw error;
  } finally {
    await input.return?.();
  }
}

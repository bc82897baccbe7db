import { promisify } from 'node:util';
import { constants, deflateRaw, deflateRawSync, inflateRaw } from 'node:zlib';

const deflating = promisify(deflateRaw);
const inflating = promisify(inflateRaw);

/**
 * Raw deflate (RFC 1951) of one unit: independent of what is before it, ended by a sync flush, so that it stands on a byte
 * border and anything can follow. `level` 0 to 9.
 */
export function deflateUnit(bytes: Uint8Array, level: number): Promise<Uint8Array> {
  return deflating(bytes, unitOptions(bytes.length, level));
}

/** The same, at once: for patterns that are made one time. */
export function deflateUnitNow(bytes: Uint8Array, level: number): Uint8Array {
  return deflateRawSync(bytes, unitOptions(bytes.length, level));
}

/** A chunk that holds any output makes it one job of the thread pool; smaller ones cost a round trip through the main thread each. */
function unitOptions(length: number, level: number) {
  return { level, memLevel: 8, chunkSize: Math.ceil(length * 1.002) + 256, finishFlush: constants.Z_SYNC_FLUSH };
}

/** Inflates raw deflate data; the result, in one job of the thread pool. Rejects when it is broken or gives more than `limit` bytes. */
export function inflateUpTo(deflated: Uint8Array, limit: number): Promise<Uint8Array> {
  return inflating(deflated, { windowBits: 15, maxOutputLength: limit, chunkSize: limit + 64 });
}

import type { Encoding } from '../core/encoding.ts';
import { unsupportedError } from '../core/errors.ts';
import type { Bytes } from '../core/http.ts';
import { written } from './plan.ts';
import type { Runs } from './extents.ts';
import type { DiskObserver } from './writers/disk-observer.ts';
import { diskPieces } from './writers/disk-pieces.ts';
import { gzipBytes } from './writers/gzip.ts';
import { planQcow2 } from './writers/qcow2-plan.ts';
import { qcow2Bytes } from './writers/qcow2.ts';
import { rawBytes } from './writers/raw.ts';
import { vhdBytes, vhdDiskBytes } from './writers/vhd.ts';

/** What a writer works under. The observer sees the guest's bytes as they pass. */
interface EncodeOptions {
  readonly observer: DiskObserver;
  readonly signal: AbortSignal;
}

/** A disk about to be written: its length where that is known now, and its bytes, from the start each time. */
export interface Encoder {
  readonly bytes?: number;
  open(options: EncodeOptions): Bytes;
  /** The same as bytes, or a number for so many zeros. Absent: it is no raw disk, or can only be read as a stream. */
  pieces?(options: EncodeOptions): AsyncIterable<Uint8Array | number>;
}

const vhdFooterBytes = 512;

/**
 * Makes a disk's runs into one of the encodings that can be written. `runs` gives them anew at each call; qcow2 goes over
 * them once beforehand, reading no data, to lay out its tables. Throws UNSUPPORTED for an encoding that is only read.
 */
export async function encoderFor(runs: () => Runs, encoding: Encoding, virtualBytes: number | undefined): Promise<Encoder> {
  const { format, compression } = encoding;
  const known = (bytes: number | undefined) => (bytes === undefined ? {} : { bytes });
  if (format === 'raw' && compression === 'gzip') return { open: (options) => gzipBytes(runs(), options) };
  if (compression !== undefined) throw unsupportedError(`writing ${compression} is not supported`);
  if (format === 'raw')
    return {
      ...known(virtualBytes),
      open: (options) => rawBytes(runs(), options),
      pieces: (options) => diskPieces(runs(), options),
    };
  if (format === 'vhd')
    return {
      ...known(virtualBytes === undefined ? undefined : vhdDiskBytes(virtualBytes) + vhdFooterBytes),
      open: (options) => vhdBytes(runs(), options),
    };
  if (format !== 'qcow2') throw unsupportedError(`writing ${format} is not supported`, { hint: written });
  const plan = await planQcow2(runs());
  return { bytes: plan.fileBytes, open: (options) => qcow2Bytes(plan, runs(), options) };
}

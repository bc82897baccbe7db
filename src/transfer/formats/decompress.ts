import type { Compression } from '../../core/encoding.ts';
import { limitError } from '../../core/errors.ts';
import type { Bytes } from '../../core/http.ts';
import { humanSize } from '../../core/quantity.ts';
import { bunzip2 } from './bunzip2.ts';
import { gunzip } from './gunzip.ts';
import { unxz } from './xz.ts';
import { unzstd } from './zstd.ts';

const unwrappers: Readonly<Record<Compression, (bytes: Bytes) => Bytes>> = {
  gzip: gunzip,
  xz: unxz,
  zstd: unzstd,
  bzip2: bunzip2,
};

/**
 * Decompresses a stream. INTEGRITY where the data is broken, cut off, or followed by something else; LIMIT as soon as more than
 * `limitBytes` come out of it, so that no bomb gets further than that.
 */
export async function* decompress(compression: Compression, bytes: Bytes, limitBytes: number): Bytes {
  let total = 0;
  for await (const chunk of unwrappers[compression](bytes)) {
    total += chunk.length;
    if (total > limitBytes) throw limitError(`the ${compression} data decompresses to more than ${humanSize(limitBytes)}`);
    if (chunk.length > 0) yield chunk;
  }
}

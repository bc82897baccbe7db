import { deflateRawSync } from 'node:zlib';
import { isFlat } from './plan.ts';
import type { Detected } from './detect.ts';
import { isZero } from './writers/zeros.ts';

/** Where a disk is looked at: evenly over all of it, and less often where each look is a request. */
const looks = { near: 64, far: 16 };
const lookBytes = 64 * 1024;
/** What has to be left of a disk for its compression to be of use. */
const worthwhile = 0.9;

/**
 * Whether a disk gets smaller by compression, judged by pieces of it. What cannot be read at any place, or has tables of its own
 * that leave zeros out, is taken to.
 */
export async function isCompressible({ source, inspection }: Detected): Promise<boolean> {
  const { random, near } = source;
  if (!random || inspection.compression !== undefined || !isFlat(inspection.format)) return true;
  const count = near ? looks.near : looks.far;
  const step = Math.max(lookBytes, Math.floor(random.size / count));
  let [before, after] = [0, 0];
  for (let at = 0; at < random.size; at += step) {
    const bytes = await random.read(at, Math.min(lookBytes, random.size - at));
    before += bytes.length;
    after += isZero(bytes) ? 0 : deflateRawSync(bytes, { level: 1 }).length;
  }
  return after < before * worthwhile;
}

import { createHash } from 'node:crypto';
import { diskBytes } from '../../support/content.ts';

/** The disk of an image of this name: other bytes for every name, 64 to 320 KiB. */
export function diskOf(name: string): Buffer {
  const seed = createHash('sha256').update(name).digest().readUInt32LE(0);
  return diskBytes('raw', 64 * 1024 * (1 + (seed % 5)), seed);
}

import { integrityError } from '../core/errors.ts';
import type { Inspection } from './formats/inspection.ts';
import { readable } from './plan.ts';
import type { RandomSource } from './extents.ts';
import type { Source } from './source.ts';

/** A disk that can be read at any place. */
export interface VirtualDisk {
  readonly random: RandomSource;
  readonly inspection: Inspection;
}

/** The disk in a source, where it can be read at any place as it is. */
export function virtualDiskOf({ random }: Source, inspection: Inspection): VirtualDisk | undefined {
  return random && !inspection.compression && readable.has(inspection.format) ? { random, inspection } : undefined;
}

/** What is unsafe on purpose is passed on as it is; decoding it would lead outside of it. */
export const isSound = ({ findings }: Inspection): boolean => findings.every((finding) => finding.level !== 'reject');

/** Reading at any place. Throws INTEGRITY where there is none. */
export function randomAccess({ random, name }: Source): RandomSource {
  if (random) return random;
  throw integrityError(`${name} cannot be read at any place`);
}

import type { Accept } from '../core/encoding.ts';
import { ImgctlError } from '../core/errors.ts';
import { planInputOf, type Detected } from './detect.ts';
import type { Finding } from './formats/inspection.ts';
import { planTransfer, useOf, type Plan } from './plan.ts';
import type { TransferOptions } from './transfer-options.ts';
import { withoutHelpedFindings } from './qemu-img.ts';
import { checkSafety } from './safety.ts';

/** The way to a target, and what is worth a warning. */
export interface Preflight {
  readonly plan: Plan;
  readonly warnings: readonly Finding[];
}

/**
 * The one judgement of what was looked at, for every verb: whether it is safe for what is to become of it, and its way to something that
 * is accepted. `shrinks`: it is to be compressed, and gets smaller by it. Throws INTEGRITY for what is unsafe, before there is a word of what has no way: LIMIT or UNSUPPORTED.
 */
export function preflight(seen: Detected, accepts: readonly Accept[], wishes: TransferOptions, shrinks = false): Preflight {
  const { source, inspection } = seen;
  const have = { ...planInputOf(seen), shrinks };
  // A digest of the whole, to be compared before anything is decoded, takes a second reading: of what is far, a copy here.
  const readTwice = wishes.checksum !== undefined && !source.near;
  const ways = attempt(() => planTransfer({ ...have, seekable: have.seekable && !readTwice }, accepts, wishes));
  const plan = ways instanceof ImgctlError ? undefined : ways;
  const left = plan?.helper ? withoutHelpedFindings(inspection) : inspection;
  const allowed = accepts.some((one) => one.mayBeEmpty && one.compression === inspection.compression)
    ? [...wishes.allowUnsafe, 'empty']
    : wishes.allowUnsafe;
  const warnings = checkSafety(source.name, left, allowed, plan ? useOf(plan) : 'decoded');
  if (ways instanceof ImgctlError) throw ways;
  return { plan: ways, warnings };
}

function attempt<Result>(work: () => Result): Result | ImgctlError {
  try {
    return work();
  } catch (error) {
    if (error instanceof ImgctlError) return error;
    throw error;
  }
}

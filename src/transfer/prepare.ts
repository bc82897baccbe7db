import type { Accept, Format } from '../core/encoding.ts';
import { ImgctlError } from '../core/errors.ts';
import type { Content } from '../core/operation.ts';
import type { Checksum } from './checked.ts';
import { inspect, canStream } from './formats/index.ts';
import { sourceOfBytes, sourceOfPrefix } from './formats/reading.ts';
import type { Finding, Inspection } from './formats/inspection.ts';
import { contentMaker } from './content.ts';
import { excused, helpFor, needHelper } from './qemu-img.ts';
import { planTransfer, useOf, type Have, type Plan } from './plan.ts';
import { withPrefix } from './prefix.ts';
import { checkClaim, checkSafety } from './safety.ts';
import { shrinks } from './shrinkage.ts';
import type { Source } from './source.ts';

/** What the user wants of a transfer. */
export interface Wishes {
  /** Format of the result; absent: as it is, or what the target takes. */
  readonly format?: Format | undefined;
  /** A raw disk is compressed on its way, where that makes it smaller. */
  readonly compress?: boolean;
  /** What the user says that the source is. */
  readonly fromFormat?: Format | undefined;
  /** Codes of findings that are meant to be so. */
  readonly allowUnsafe: readonly string[];
  readonly checksum?: Checksum | undefined;
}

/** What a transfer works with. `folder` is for temporary files; the first of `digests` is taken of what is sent; none: none is. */
export interface Means {
  readonly digests: readonly string[];
  /** The target can tell by its SHA-256 whether it has a file already: what lies near is read once more to know that beforehand. */
  readonly hashFirst?: boolean;
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Bytes that have passed, of `total` where that is known. */
  progress(bytes: number, total: number | undefined): void;
}

/** A source, looked at, and the way to its target. */
export interface Prepared {
  readonly inspection: Inspection;
  readonly warnings: readonly Finding[];
  readonly plan: Plan;
  /** Makes the content; temporary files that the plan needs are written now. */
  content(): Promise<Content>;
  /** Content id of the disk, absent where it cannot be told without fetching the source once more. */
  contentId(): Promise<string | undefined>;
  /** Digest of what would be sent, where that is known, or the source lies near and goes as it is. */
  digest(algorithm: string): Promise<string | undefined>;
  close(): Promise<void>;
}

/** A source as it was looked at. `whole`: to its end, so that nothing in it can be a surprise. */
export interface Examined {
  readonly source: Source;
  readonly inspection: Inspection;
  readonly whole: boolean;
}

/** What a source is: looked at where it can be read at any place, else by its beginning. */
export async function examine(given: Source): Promise<Examined> {
  const { random, fileName } = given;
  if (random && given.near) return examined(given, await inspect(random, fileName), true);
  const { source, prefix, complete } = await withPrefix(given);
  if (random) return examined(source, await inspect(random, fileName), true);
  return examined(source, await inspect(complete ? sourceOfBytes(prefix) : sourceOfPrefix(prefix), fileName), complete);
}

/** Of compressed data only the beginning is looked at, wherever it lies. */
const examined = (source: Source, inspection: Inspection, whole: boolean): Examined => ({
  source,
  inspection,
  whole: whole && inspection.compression === undefined,
});

/** What a plan is made from. */
export function haveOf({ source, inspection }: Examined): Have {
  const { format, compression, virtualBytes } = inspection;
  return {
    format,
    ...(compression ? { compression } : {}),
    ...(source.bytes === undefined ? {} : { bytes: source.bytes }),
    ...(virtualBytes === undefined ? {} : { virtualBytes }),
    seekable: source.random !== undefined,
    streamable: canStream(inspection),
    foreign: helpFor(inspection) !== undefined,
  };
}

/**
 * Looks at a source, refuses it where it is unsafe, and plans its way to one of the encodings that are accepted.
 * Throws INTEGRITY, USAGE, LIMIT or UNSUPPORTED before anything is sent, and then closes the source.
 */
export async function prepare(given: Source, accepts: readonly Accept[], wishes: Wishes, means: Means): Promise<Prepared> {
  try {
    return await looked(given, accepts, wishes, means);
  } catch (error) {
    await given.close();
    throw error;
  }
}

/** The way to its target, and what is worth a warning. What is unsafe is refused before there is a word of what has no way. */
function judged(
  seen: Examined,
  accepts: readonly Accept[],
  wishes: Wishes,
  isSmaller: boolean,
): { plan: Plan; warnings: readonly Finding[] } {
  const { source, inspection } = seen;
  const have = { ...haveOf(seen), shrinks: isSmaller };
  // A digest of the whole, to be compared before anything is decoded, takes a second reading: of what is far, a copy here.
  const readTwice = wishes.checksum !== undefined && !source.near;
  const ways = attempt(() => planTransfer({ ...have, seekable: have.seekable && !readTwice }, accepts, wishes));
  const plan = ways instanceof ImgctlError ? undefined : ways;
  const left = plan?.helper ? excused(inspection) : inspection;
  const warnings = checkSafety(source.name, left, wishes.allowUnsafe, plan ? useOf(plan) : 'decoded');
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

async function looked(given: Source, accepts: readonly Accept[], wishes: Wishes, means: Means): Promise<Prepared> {
  const seen = await examine(given);
  const { source, inspection } = seen;
  checkClaim(source.name, inspection, wishes.fromFormat);
  const { plan, warnings } = judged(seen, accepts, wishes, wishes.compress === true && (await shrinks(seen)));
  if (plan.helper) await needHelper(inspection.format);
  return { inspection, warnings, plan, ...contentMaker({ given, seen, plan, wishes, means }) };
}

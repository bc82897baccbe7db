import type { Accept, Format } from '../core/encoding.ts';
import type { Content } from '../core/operation.ts';
import { checkNow, type Checksum } from './checksum.ts';
import { contentMaker } from './content.ts';
import { detect } from './detect.ts';
import type { Inspection } from './formats/inspection.ts';
import { preflight } from './preflight.ts';
import { requiredOf } from './staging.ts';
import { opaque, type Plan } from './plan.ts';
import { requireQemuImg } from './qemu-img.ts';
import { checkClaim } from './safety.ts';
import { isCompressible } from './compressibility.ts';
import type { Source } from './source.ts';

/** What the user wants of a transfer. */
export interface TransferOptions {
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
export interface TransferContext {
  readonly digests: readonly string[];
  /** The target can tell by its SHA-256 whether it has a file already: what lies near is read once more to know that beforehand. */
  readonly hashFirst?: boolean;
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Says what was found in a source and is worth a warning. */
  warn(message: string): void;
  /** Bytes that have passed, of `total` where that is known. */
  progress(bytes: number, total: number | undefined): void;
}

/**
 * A source, looked at, and the way to its target. What can be told only once all of it has been seen is known from `content()` on:
 * `inspection` and `plan` may be others then.
 */
export interface Prepared {
  readonly inspection: Inspection;
  readonly plan: Plan;
  /** Makes the content; temporary files that the plan needs are written now. */
  content(): Promise<Content>;
  /**
   * The content as far as it is known, for a target that may come by it without reading it: it is read, and judged as a whole, only
   * where it is opened. The user's checksum has been held against what is known. Throws INTEGRITY.
   */
  offered(): Promise<Content>;
  /** Content id of the disk, absent where it cannot be told without fetching the source once more. */
  contentId(): Promise<string | undefined>;
  /** Digest of what would be sent, where that is known, or the source lies near and goes as it is. */
  digest(algorithm: string): Promise<string | undefined>;
  close(): Promise<void>;
}

/**
 * Looks at a source, refuses it where it is unsafe, and plans its way to one of the encodings that are accepted.
 * Throws INTEGRITY, USAGE, LIMIT or UNSUPPORTED before anything is sent, and then closes the source.
 */
export async function prepare(
  given: Source,
  accepts: readonly Accept[],
  wishes: TransferOptions,
  means: TransferContext,
): Promise<Prepared> {
  try {
    return await looked(given, accepts, wishes, means);
  } catch (error) {
    await given.close();
    throw error;
  }
}

async function looked(
  given: Source,
  accepts: readonly Accept[],
  asked: TransferOptions,
  means: TransferContext,
): Promise<Prepared> {
  const seen = await detect(given, declaredBy(asked));
  const { archive } = seen.source;
  if (archive) await checkNow(archive, requiredOf(archive, asked));
  const wishes = archive ? { ...asked, checksum: undefined } : asked;
  // What shows only at its end is held against the claim once that has been seen.
  if (!seen.doubtful) checkClaim(seen.source.name, seen.inspection, wishes.fromFormat);
  const shrinking = wishes.compress === true && (await isCompressible(seen));
  const judgement = preflight(seen, accepts, wishes, shrinking);
  if (judgement.plan.helper) await requireQemuImg(seen.inspection.format);
  return contentMaker(given, { seen, judgement, accepts, wishes, means });
}

/** What a user says that the source is: of what no content could tell, also by what the result shall be. */
const declaredBy = ({ fromFormat, format }: TransferOptions): Format | undefined =>
  fromFormat ?? (format !== undefined && opaque.has(format) ? format : undefined);

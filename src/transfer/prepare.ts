import type { Accept, Format } from '../core/encoding.ts';
import { checkNow } from './checksum.ts';
import { contentMaker } from './content.ts';
import { detect } from './detect.ts';
import { preflight } from './preflight.ts';
import { requiredOf } from './staging.ts';
import { opaque } from './plan.ts';
import { requireQemuImg } from './qemu-img.ts';
import { checkClaim } from './safety.ts';
import { isCompressible } from './compressibility.ts';
import type { Source } from './source.ts';
import type { TransferContext, TransferOptions } from './transfer-options.ts';
import type { Prepared } from './prepared.ts';

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

import { formats, type Format } from '../../core/encoding.ts';
import { ImgctlError, integrityError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import type { Call } from '../../core/operation.ts';
import type { Checksum } from '../../core/checksum.ts';
import { comparable } from '../../transfer/published-digests.ts';
import { detect } from '../../transfer/detect.ts';
import { downloadSource, type Source } from '../../transfer/source.ts';
import type { EngineContext } from '../context.ts';
import type { Account } from '../account/account.ts';

/** Formats that show in the first bytes, always. */
const showing: readonly string[] = ['raw', 'iso', 'qcow2', 'vhdx', 'vdi'];

/** What is there, and what it should be. */
interface Claim {
  readonly at: Account;
  readonly image: Image;
  readonly checksum: Checksum | undefined;
  /** The format that the user has named. */
  readonly format: Format | undefined;
  readonly call: Call;
}

/**
 * Looks at what a provider has fetched elsewhere: its digest, where one is demanded, and its first bytes. Throws INTEGRITY for what
 * is not what it should be, or whose digest cannot be compared. Bytes that may not be read back are warned about.
 */
export async function checkImported(claim: Claim, context: EngineContext): Promise<void> {
  const { at, image } = claim;
  // It was judged before there was an image.
  if (at.driver.worksOnFiles) return;
  const data = await readable(claim, context, () => at.maybe('download')?.run({ id: image.id }, claim.call));
  const source = data && downloadSource(data, `${at.profile}:${image.id}`, false);
  if (claim.checksum) checkDigest(claim, claim.checksum);
  if (image.sizeBytes === 0) throw integrityError(`${image.id} is empty: what was fetched has 0 bytes`);
  if (!source || !data || data.encoding?.compression !== undefined) return;
  await checkBeginning(source, claim, context);
}

/** What reading it back gives. Absent: it cannot be read back, which is warned about. */
async function readable<T>({ image }: Claim, context: EngineContext, read: () => Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
    context.warn(`not checked: ${image.id} cannot be read back: ${error.message}`);
    return undefined;
  }
}

function checkDigest({ at, image, format }: Claim, { algorithm, hex }: Checksum): void {
  const found = comparable(image.checksums).find((known) => known.algorithm === algorithm)?.hex;
  if (found === hex) return;
  if (format !== undefined && image.diskFormat !== undefined && image.diskFormat !== format)
    throw integrityError(
      `cannot compare the ${algorithm} of ${image.id}: ${at.provider} converted it from ${format} to ${image.diskFormat}`,
    );
  if (found !== undefined) throw integrityError(`${image.id} has the ${algorithm} ${found}, not ${hex}`);
  const names = comparable(image.checksums).map((known) => known.algorithm);
  const message = `cannot compare the ${algorithm} of ${image.id}: ${at.provider} reports ${names.join(', ') || 'no checksum'}`;
  throw integrityError(message, names[0] === undefined ? {} : { hint: `Use --checksum ${names[0]}:HEX.` });
}

/** Of what lies elsewhere only the first bytes are read. */
async function checkBeginning(given: Source, claim: Claim, context: EngineContext): Promise<void> {
  const { image } = claim;
  const declared = formats.find((format) => format === image.diskFormat);
  if (declared === undefined || (image.containerFormat ?? 'bare') !== 'bare') return;
  const seen = await readable(claim, context, () => detect(given));
  if (!seen) return;
  await seen.source.close();
  const { format, compression } = seen.inspection;
  const found = compression ? `${compression}-compressed` : format;
  if (found === declared || (declared === 'raw' && found === 'iso')) return;
  const message = `${image.id} is ${found} by its first bytes, not ${declared}`;
  if (showing.includes(declared)) throw integrityError(message, { hint: `Check what the URL serves, and --disk-format.` });
  if (found !== 'raw') context.warn(message);
}

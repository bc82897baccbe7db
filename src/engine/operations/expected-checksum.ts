import { integrityError, usageError } from '../../core/errors.ts';
import { checksumsIn, checksumFor, type ChecksumFinding } from '../../core/checksum-file.ts';
import type { Checksum } from '../../core/checksum.ts';
import type { EngineContext } from '../context.ts';
import type { ChecksumAsked } from '../trust/asked.ts';
import { beside, fileNameOf, isUrl, readIfThere, readPlace, shownPlace } from '../trust/beside.ts';

/** What lies beside an image, the strongest first: with the name of the image, and for all that is in the folder. */
const endings = ['.sha512', '.sha256', '.sha512sum', '.sha256sum', '.SHA512', '.SHA256', '.CHECKSUM'];
const forAll = ['SHA512SUMS', 'SHA256SUMS', 'CHECKSUM', 'sha512sums', 'sha256sums', 'CHECKSUM.SHA512', 'CHECKSUM.SHA256'];

/** The checksum files that may lie beside a file, the strongest first. */
export const checksumFilesBeside = (of: string): readonly string[] =>
  [...endings.map((ending) => fileNameOf(of) + ending), ...forAll].map((name) => beside(of, name));

/**
 * The digest that is asked for: the user's own, or that of the file `of` (a URL, a path; absent: what has no file name) in a checksum file.
 * Throws USAGE where there is nothing to look beside, and where nothing is said of the file INTEGRITY: what was to be checked and cannot be
 * is never taken for right.
 */
export async function wantedChecksum(asked: ChecksumAsked, of: string | undefined, context: EngineContext): Promise<Checksum> {
  if (asked.from === 'user') return asked.checksum;
  if (asked.from === 'beside') return foundBeside(of, context);
  const said = saidOf((await readPlace(asked.url, context)).toString(), { place: asked.url, of, isNamed: true });
  if (said === undefined) throw saysNothing(asked.url, of);
  return agreed(said, asked.url, of, context);
}

export const saysNothing = (place: string, of: string | undefined): Error =>
  integrityError(`${shownPlace(place)} has no checksum of ${nameOf(of) ?? 'the source'}`, {
    hint: 'Use the checksum file that is about it, or --checksum ALGO:HEX.',
  });

const nameOf = (of: string | undefined): string | undefined => (of === undefined ? undefined : fileNameOf(of));

async function foundBeside(of: string | undefined, context: EngineContext): Promise<Checksum> {
  if (of === undefined || !isUrl(of) || !URL.canParse(of))
    throw usageError('--checksum auto requires a source URL', {
      hint: 'Use --checksum ALGO:HEX, or the URL of a checksum file.',
    });
  for (const place of checksumFilesBeside(of)) {
    const bytes = await readIfThere(place, context);
    const said = bytes && saidOf(bytes.toString(), { place, of, isNamed: false });
    if (said !== undefined) return agreed(said, place, of, context);
  }
  throw integrityError(`no checksum file beside ${shownPlace(of)} names it`, {
    hint: 'Use --checksum ALGO:HEX, or the URL of a checksum file.',
  });
}

/** A checksum file, and the file that it is read for. `isNamed`: the user has named it. */
export interface ChecksumReading {
  readonly place: string;
  readonly of: string | undefined;
  readonly isNamed: boolean;
}

/** What the text of a checksum file says of the file. `algorithm`: no other is looked at. */
export function saidOf(text: string, { place, of, isNamed }: ChecksumReading, algorithm?: string): ChecksumFinding {
  const name = nameOf(of);
  const isAbout = name !== undefined && name !== '' && fileNameOf(place).startsWith(name);
  const published = checksumsIn(text).filter((one) => algorithm === undefined || one.algorithm === algorithm);
  return checksumFor(published, name, { isAbout, isNamed });
}

/** The digest that was found. Throws INTEGRITY for a contradiction; one that can be forged is warned of. */
export function agreed(
  said: NonNullable<ChecksumFinding>,
  place: string,
  of: string | undefined,
  context: EngineContext,
): Checksum {
  const where = shownPlace(place);
  const name = nameOf(of) ?? 'the source';
  if ('contradiction' in said) throw integrityError(`${where} contradicts itself about ${name}: ${said.contradiction}`);
  const { algorithm } = said.checksum;
  if (algorithm === 'md5' || algorithm === 'sha1')
    context.warn(`${where} has only the ${algorithm} of ${name}, which can be forged`);
  context.detail(`checksum: ${algorithm} from ${where}`);
  return said.checksum;
}

import { ImgctlError, integrityError, usageError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import { provenanceIn, type Provenance } from '../../core/provenance.ts';
import type { SignedText, Signer } from '../../core/signature.ts';
import type { Checksum } from '../../core/checksum.ts';
import { mustBeThere } from '../../transfer/file-source.ts';
import type { SourceSignature } from '../../transfer/signed-source.ts';
import type { Account } from '../account/account.ts';
import type { EngineContext } from '../context.ts';
import { judgeBy, type TrustAsked, type ChecksumAsked } from '../trust/asked.ts';
import { fileNameOf, isUrl, readIfThere, readPlace, shownPlace, signatureBeside } from '../trust/beside.ts';
import type { SignatureJudge } from '../trust/judge.ts';
import { told } from '../trust/told.ts';
import { agreed, checksumFilesBeside, saidOf, saysNothing, wantedChecksum, type ChecksumReading } from './expected-checksum.ts';
import { checkVerifiable } from './published-source.ts';

/** What vouches for a source: it is held against both as its bytes come. */
export interface Vouched {
  readonly checksum?: Checksum | undefined;
  readonly signature?: SourceSignature | undefined;
  /** What is proved once all bytes have come; absent: nothing is. */
  proved?(): Provenance;
}

/** One look for what vouches for the file `of`. */
interface Look {
  readonly of: string | undefined;
  readonly checksum: ChecksumAsked | undefined;
  readonly kind: 'gpg' | 'minisign';
  readonly isStrict: boolean;
  readonly judge: SignatureJudge;
  readonly context: EngineContext;
  /** Why signatures that were found say nothing, as has been told. */
  readonly doubts: string[];
  /** Digests in checksum files that no known key has signed: `auto` holds the bytes against the first. */
  readonly unsigned: Checksum[];
}

/**
 * What vouches for the file `of`, as it is asked for. A signed checksum file is looked for first, then a signature of the file itself. What
 * can be known to be wrong before any request is: USAGE for what has no name or is no address, NOT_FOUND, CONFIG where no key is known. Then as
 * `wantedChecksum`, and INTEGRITY where a signature is bad, or none is found. With `auto` what is unsigned, or by a key that is not known,
 * is warned of.
 */
export async function vouchedFor(asked: TrustAsked, of: string | undefined, context: EngineContext): Promise<Vouched> {
  const { checksum, demand = { by: 'none' } } = asked;
  if (of !== undefined && isUrl(of) && !URL.canParse(of)) throw usageError('not a valid URL', { hint: 'Use https://HOST/PATH.' });
  if (of !== undefined && !isUrl(of) && checksum?.from === 'file') await mustBeThere(of);
  if (demand.by === 'none') return checksum ? { checksum: await wantedChecksum(checksum, of, context) } : {};
  if (demand.by === 'checksum') return byChecksum(await wantedChecksum(checksum ?? { from: 'beside' }, of, context), of);
  if (of === undefined)
    throw usageError('--verify requires a file or a URL: what is piped in has no name', { hint: 'Omit --verify.' });
  const look = lookFor(of, asked, asked.judge ?? (await judgeBy(demand, context)), context);
  return (await bySums(look)) ?? (await byItself(of, look)) ?? unsigned(look);
}

/**
 * The same for an image: its account judges who has signed it, by its own keys; of a checksum file that is asked for, who has signed that. It
 * is looked for by the name of the file that was published. Throws UNSUPPORTED where a signature is asked for, and there can be none.
 */
export async function vouchedForImage(
  asked: TrustAsked,
  image: Image,
  at: Account<'download'>,
  context: EngineContext,
): Promise<Vouched> {
  const { checksum, demand } = asked;
  // Elsewhere anybody may have written the address.
  const of = at.signatures ? provenanceIn(image.properties).url : undefined;
  const isBySums = checksum !== undefined && checksum.from !== 'user';
  if (!isBySums) checkVerifiable(at, context);
  const isBySignature = demand !== undefined && demand.by !== 'none' && demand.by !== 'checksum';
  if (!isBySums || !isBySignature) return checksum ? { checksum: await wantedChecksum(checksum, of, context) } : {};
  const look = lookFor(of, asked, at.signatures ?? asked.judge ?? (await judgeBy(demand, context)), context);
  return (await bySums(look)) ?? unsigned(look);
}

const lookFor = (
  of: string | undefined,
  { checksum, demand }: TrustAsked,
  judge: SignatureJudge,
  context: EngineContext,
): Look => ({
  of,
  checksum,
  kind: demand?.by === 'minisign' ? 'minisign' : 'gpg',
  isStrict: demand?.by !== 'auto',
  judge,
  context,
  doubts: [],
  unsigned: [],
});

const byChecksum = (checksum: Checksum, of: string | undefined): Vouched => ({
  checksum,
  proved: () => ({ ...addressOf(of), digest: digestOf(checksum) }),
});

const digestOf = ({ algorithm, hex }: Checksum): string => `${algorithm}:${hex}`;

/** By a checksum file that is signed; absent: there is none. */
async function bySums(look: Look): Promise<Vouched | undefined> {
  const { of, checksum, context } = look;
  for (const reading of readings(look)) {
    const { place, isNamed } = reading;
    const bytes = isNamed ? await readPlace(place, context) : await readIfThere(place, context);
    // What says nothing of the file need not be signed; what is taken is read once more, from what was signed.
    if (!bytes || (!isNamed && saidOf(bytes.toString(), reading) === undefined)) continue;
    const signed = await signedText(bytes, place, look);
    if (!signed) {
      if (!look.isStrict) look.unsigned.push(digestIn(bytes.toString(), reading, look));
      continue;
    }
    const found = digestIn(signed.text, reading, look);
    const { fingerprint } = told(signed.signer, fileNameOf(place), context);
    if (checksum?.from === 'user') refuseOther(checksum.checksum, found, reading);
    return {
      checksum: found,
      proved: () => ({ ...addressOf(of), digest: digestOf(found), signer: fingerprint }),
    };
  }
  return undefined;
}

/** The checksum file that was named, or those that may lie beside the file. */
function readings({ of, checksum }: Look): readonly ChecksumReading[] {
  if (checksum?.from === 'file') return [{ place: checksum.url, of, isNamed: true }];
  return of === undefined ? [] : checksumFilesBeside(of).map((place) => ({ place, of, isNamed: false }));
}

/** The digest in what was signed: the one that can be compared with the user's, else the strongest. */
function digestIn(text: string, reading: ChecksumReading, { checksum, context }: Look): Checksum {
  const wanted = checksum?.from === 'user' ? saidOf(text, reading, checksum.checksum.algorithm) : undefined;
  const said = wanted ?? saidOf(text, reading);
  if (said === undefined) throw saysNothing(reading.place, reading.of);
  return agreed(said, reading.place, reading.of, context);
}

/** Throws INTEGRITY where what was signed is not what the user wants, or cannot be compared with it. */
function refuseOther(wanted: Checksum, found: Checksum, { place, of = '' }: ChecksumReading): void {
  if (digestOf(found) === digestOf(wanted)) return;
  const signed = `${shownPlace(place)} has the ${found.algorithm} ${found.hex} of ${fileNameOf(of)}`;
  if (found.algorithm === wanted.algorithm) throw integrityError(`${signed}, not ${wanted.hex}`);
  throw integrityError(`${signed}, and no ${wanted.algorithm}`, {
    hint: `Use --checksum ${found.algorithm}:HEX, or omit --checksum.`,
  });
}

const armoured = '-----BEGIN PGP SIGNED MESSAGE-----';

/** What of a checksum file is signed; absent: nothing, or by keys that `auto` does not know. */
async function signedText(bytes: Buffer, place: string, look: Look): Promise<SignedText | undefined> {
  const { judge, kind, context } = look;
  const name = shownPlace(place);
  if (kind === 'gpg' && bytes.includes(armoured)) return judged(() => judge.clearSigned(bytes, name), look);
  const detached = await signatureBeside(place, kind, context);
  if (!detached) return undefined;
  const signer = await judged(() => judge.detached(bytes, detached.bytes, name), look);
  return signer && { text: bytes.toString(), signer };
}

/** By a signature of the file itself, judged as its bytes come; absent: there is none. */
async function byItself(of: string, look: Look): Promise<Vouched | undefined> {
  const { kind, judge, context } = look;
  const detached = await signatureBeside(of, kind, context);
  const name = shownPlace(of);
  const begin = () => judge.check(detached?.bytes ?? Buffer.alloc(0), name);
  // What can be known to be wrong before the first byte is known now.
  if (!detached || !(await judged(begin, look))) return undefined;
  let signer: string | undefined;
  const proved = (by: Signer): void => void (signer ??= told(by, fileNameOf(of), context).fingerprint);
  return {
    checksum: await ownChecksum(look),
    signature: { begin, proved },
    proved: () => (signer === undefined ? {} : { ...addressOf(of), signer }),
  };
}

/** A digest that the user has named, or that of a checksum file which nobody has signed. */
const ownChecksum = async ({ checksum, of, context }: Look): Promise<Checksum | undefined> =>
  checksum && wantedChecksum(checksum, of, context);

async function unsigned(look: Look): Promise<Vouched> {
  const { of, isStrict, checksum, context, doubts } = look;
  const message =
    checksum?.from === 'file'
      ? `no signature of ${shownPlace(checksum.url)} was found${of === undefined ? '' : `, nor of ${shownPlace(of)}`}`
      : `no signature of ${of === undefined ? 'the source' : shownPlace(of)} was found, nor of a checksum file that names it`;
  if (isStrict) throw integrityError(message, { hint: 'Name the signed checksum file with --checksum URL, or omit --verify.' });
  if (doubts.length === 0) context.warn(`not verified: ${message}`);
  // What is not signed is held against the checksum that lies beside it, where there is one.
  return { checksum: (await ownChecksum(look)) ?? look.unsigned[0] };
}

const ifTrue = "If that key is the publisher's, use --verify";
const otherKeys = { gpg: `${ifTrue} gpg:FILE with a file that holds it.`, minisign: `${ifTrue} minisign:FILE with it.` } as const;

/** A judgement; absent where `auto` knows no key to judge by, which is told. */
async function judged<Result>(
  judge: () => Promise<Result>,
  { isStrict, kind, context, doubts }: Look,
): Promise<Result | undefined> {
  try {
    return await judge();
  } catch (error) {
    if (!(error instanceof ImgctlError)) throw error;
    if (isStrict && error.circumstances.signerUnknown) throw error.with({ hint: otherKeys[kind] });
    if (isStrict) throw error;
    if (error.code !== 'CONFIG' && !error.circumstances.signerUnknown) throw error;
    doubts.push(error.message);
    context.warn(`not verified: ${error.message}`);
    return undefined;
  }
}

const addressOf = (of: string | undefined): Pick<Provenance, 'url'> =>
  of !== undefined && isUrl(of) ? { url: shownPlace(of) } : {};

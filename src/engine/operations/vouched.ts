import { ImgctlError, integrityError, usageError } from '../../core/errors.ts';
import type { Provenance } from '../../core/provenance.ts';
import type { Signatures, SignedText, Signer } from '../../core/signature.ts';
import { parseChecksum } from '../../transfer/checksum.ts';
import type { Checksum } from '../../core/checksum.ts';
import type { SourceSignature } from '../../transfer/signed-source.ts';
import type { EngineContext } from '../context.ts';
import { fileNameOf, isUrl, readIfThere, readPlace, shownPlace, signatureBeside } from '../trust/beside.ts';
import { demandFrom, type Demand } from '../trust/policy.ts';
import { told } from '../trust/told.ts';
import { signaturesBy } from '../trust/signatures.ts';
import { agreed, checkAddress, checksumFilesBeside, saidOf, saysNothing, wantedChecksum } from './expected-checksum.ts';

/** What vouches for a source: it is held against both as its bytes come. */
export interface Vouched {
  readonly checksum?: Checksum | undefined;
  readonly signature?: SourceSignature | undefined;
  /** What is proved once all bytes have come; absent: nothing is. */
  proved?(): Provenance;
}

interface Asked {
  readonly checksum?: string | undefined;
  readonly verify?: string | undefined;
}

/** One look for what vouches for the file `of`. */
interface Look {
  readonly of: string;
  readonly kind: 'gpg' | 'minisign';
  readonly isStrict: boolean;
  readonly signatures: Signatures;
  readonly context: EngineContext;
  /** Why signatures that were found say nothing, as has been told. */
  readonly doubts: string[];
}

/**
 * What `--checksum` and `--verify` ask for, found for the file `of`. A signed checksum file is looked for first, then a signature of the file
 * itself. Throws as `wantedChecksum`; USAGE for a `verify` that is none, or of what has no name; INTEGRITY where a signature is bad, or
 * none is found; CONFIG where its keys cannot be read. With `auto` what is unsigned, or by a key that is not known, is warned of.
 */
export async function vouchedFor({ checksum, verify }: Asked, of: string | undefined, context: EngineContext): Promise<Vouched> {
  const demand = verify === undefined ? undefined : demandFrom(verify, '--verify');
  if (demand === undefined || demand.by === 'none') return { checksum: await wantedChecksum(checksum, of, context) };
  if (demand.by === 'checksum') return byChecksum(await wantedChecksum(checksum ?? 'auto', of, context), of);
  if (of === undefined)
    throw usageError('--verify requires a file or a URL: what is piped in has no name', { hint: 'Omit --verify.' });
  if (isUrl(of) && !URL.canParse(of)) throw usageError('not a valid URL', { hint: 'Use https://HOST/PATH.' });
  const look: Look = { of, context, doubts: [], ...judgeOf(demand, context) };
  return (await bySums(checksum, look)) ?? (await byItself(checksum, look)) ?? unsigned(checksum, look);
}

const byChecksum = (checksum: Checksum | undefined, of: string | undefined): Vouched => ({
  checksum,
  proved: () => ({ ...addressOf(of), ...(checksum ? { digest: digestOf(checksum) } : {}) }),
});

const digestOf = ({ algorithm, hex }: Checksum): string => `${algorithm}:${hex}`;

const judgeOf = (demand: Demand, context: EngineContext): Pick<Look, 'kind' | 'isStrict' | 'signatures'> => ({
  kind: demand.by === 'minisign' ? 'minisign' : 'gpg',
  isStrict: demand.by !== 'auto',
  signatures: signaturesBy(
    { demand, what: '--verify', ...(demand.by === 'gpg' ? { keyring: demand.keyring, signers: demand.signers } : {}) },
    context,
  ),
});

/** By a checksum file that is signed; absent: there is none. */
async function bySums(checksum: string | undefined, look: Look): Promise<Vouched | undefined> {
  const { of, context } = look;
  const isNamed = checksum !== undefined && isUrl(checksum);
  if (isNamed) checkAddress(checksum);
  if (checksum !== undefined && checksum !== 'auto' && !isNamed) return undefined;
  for (const place of isNamed ? [checksum] : checksumFilesBeside(of)) {
    const bytes = isNamed ? await readPlace(place, context) : await readIfThere(place, context);
    // What says nothing of the file need not be signed; what is taken is read once more, from what was signed.
    if (!bytes || (!isNamed && saidOf(bytes.toString(), place, of, false) === undefined)) continue;
    const signed = await signedText(bytes, place, look);
    if (!signed) continue;
    const said = saidOf(signed.text, place, of, isNamed);
    if (said === undefined) throw saysNothing(place, of);
    const found = agreed(said, place, of, context);
    const { fingerprint } = told(signed.signer, fileNameOf(place), context);
    return {
      checksum: found,
      proved: () => ({ ...addressOf(of), digest: digestOf(found), signer: fingerprint }),
    };
  }
  return undefined;
}

const armoured = '-----BEGIN PGP SIGNED MESSAGE-----';

/** What of a checksum file is signed; absent: nothing, or by keys that `auto` does not know. */
async function signedText(bytes: Buffer, place: string, look: Look): Promise<SignedText | undefined> {
  const { signatures, kind, context } = look;
  const name = shownPlace(place);
  if (kind === 'gpg' && bytes.includes(armoured)) return judged(() => signatures.clearSigned(bytes, name), look);
  const detached = await signatureBeside(place, kind, context);
  if (!detached) return undefined;
  const signer = await judged(() => signatures.detached(bytes, detached.bytes, name), look);
  return signer && { text: bytes.toString(), signer };
}

/** By a signature of the file itself, judged as its bytes come; absent: there is none. */
async function byItself(checksum: string | undefined, look: Look): Promise<Vouched | undefined> {
  const { of, kind, signatures, context } = look;
  const detached = await signatureBeside(of, kind, context);
  const name = shownPlace(of);
  const begin = () => signatures.check(detached?.bytes ?? Buffer.alloc(0), name);
  // What can be known to be wrong before the first byte is known now.
  if (!detached || !(await judged(begin, look))) return undefined;
  let signer: string | undefined;
  const proved = (by: Signer): void => void (signer ??= told(by, fileNameOf(of), context).fingerprint);
  return {
    checksum: await ownChecksum(checksum, look),
    signature: { begin, proved },
    proved: () => (signer === undefined ? {} : { ...addressOf(of), signer }),
  };
}

/** A digest that the user has named, or that of a checksum file which nobody has signed. */
const ownChecksum = async (checksum: string | undefined, { of, context }: Look): Promise<Checksum | undefined> =>
  checksum === undefined || checksum === 'auto' || isUrl(checksum)
    ? wantedChecksum(checksum, of, context)
    : parseChecksum(checksum);

async function unsigned(checksum: string | undefined, look: Look): Promise<Vouched> {
  const { of, isStrict, context, doubts } = look;
  const message = `no signature of ${shownPlace(of)} was found, nor of a checksum file that names it`;
  if (isStrict) throw integrityError(message, { hint: 'Name the signed checksum file with --checksum URL, or omit --verify.' });
  if (doubts.length === 0) context.warn(`not verified: ${message}`);
  return { checksum: await ownChecksum(checksum, look) };
}

/** A judgement; absent where `auto` knows no key to judge by, which is told. */
async function judged<Result>(judge: () => Promise<Result>, { isStrict, context, doubts }: Look): Promise<Result | undefined> {
  try {
    return await judge();
  } catch (error) {
    if (isStrict || !(error instanceof ImgctlError)) throw error;
    if (error.code !== 'CONFIG' && !error.circumstances.signerUnknown) throw error;
    doubts.push(error.message);
    context.warn(`not verified: ${error.message}`);
    return undefined;
  }
}

const addressOf = (of: string | undefined): Pick<Provenance, 'url'> =>
  of !== undefined && isUrl(of) ? { url: shownPlace(of) } : {};

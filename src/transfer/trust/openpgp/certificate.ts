import type { PublicKey } from './public-key.ts';
import { signatureOrNone, signatureTypes as types, type Signature } from './signature.ts';
import { SignedContent } from './signed-content.ts';

/** What stands behind a user id or a key in a keyring: claims, until they are proved. */
export interface Holder {
  readonly signatures: Signature[];
}
export interface UserId extends Holder {
  readonly text: Buffer;
}
export interface KeyHolder extends Holder {
  readonly key: PublicKey;
}

/** A primary key and all that a keyring says of it, from whatever file. */
export interface Certificate {
  readonly primary: KeyHolder;
  readonly userIds: UserId[];
  readonly subkeys: Map<string, KeyHolder>;
}

/** What self-signatures prove of a key. */
export interface KeyStanding {
  readonly key: PublicKey;
  /** Its primary key or a subkey vouches for it. */
  readonly bound: boolean;
  readonly revoked: boolean;
  readonly maySign: boolean;
  /** Seconds since 1970. Absent: never. */
  readonly expires?: number;
  /** A signing subkey that has not signed that it belongs to its primary key could be anybody's. */
  readonly lacksCrossSignature?: boolean;
}

/** Of another's key: what the holder is called, and how its primary key stands. */
export interface PrimaryStanding extends KeyStanding {
  readonly name?: string;
}

/** Clocks differ: what was signed no later than this from now is not of the future. */
export const clockTolerance = 300;

const maySign = 0x02;
/** A binding holds one; more only cost time. */
const mostCrossSignatures = 4;

function isSelfSigned({ primary }: Certificate, signature: Signature, content: readonly Buffer[]): boolean {
  if (signature.issuers.size > 0 && !signature.issuers.has(primary.key.keyId)) return false;
  return isProved(primary.key, signature, content);
}

function isProved(key: PublicKey, signature: Signature, content: readonly Buffer[]): boolean {
  const hashed = new SignedContent([signature]);
  for (const part of content) hashed.update(part);
  return hashed.isSignedBy(key, signature);
}

/** In force at `now`, and understood. Revocations are not asked: they count whenever they were made. */
function counts(signature: Signature, now: number): boolean {
  const { created, expires = 0, notUnderstood } = signature;
  return (
    created !== undefined &&
    notUnderstood === undefined &&
    created <= now + clockTolerance &&
    (expires === 0 || created + expires >= now)
  );
}

const newest = (signatures: readonly Signature[]): Signature | undefined =>
  signatures.reduce<Signature | undefined>((best, one) => ((best?.created ?? -1) < (one.created ?? -1) ? one : best), undefined);

const isCertification = ({ type }: Signature): boolean => type >= types.firstCertification && type <= types.lastCertification;

/** The newest self-signature says until when the primary key is good, and for what; one over the key alone goes before one over a name. */
export function standingOfPrimary(certificate: Certificate, now: number): PrimaryStanding {
  const { key, signatures } = certificate.primary;
  const over = [key.hashed];
  const direct = signatures.filter(
    (one) => one.type === types.directKey && counts(one, now) && isSelfSigned(certificate, one, over),
  );
  const names = certificate.userIds.flatMap((userId) => {
    const certification = certificationOf(certificate, userId, now);
    return certification ? [{ certification, text: userId.text }] : [];
  });
  const proved = [...direct, ...names.map(({ certification }) => certification)];
  const says = newest(proved);
  // What a key is for may stand in one of them alone.
  const { flags = maySign } = newest(proved.filter((one) => one.flags !== undefined)) ?? {};
  const name = names[0]?.text.toString('utf8');
  return {
    key,
    bound: says !== undefined,
    revoked: signatures.some((one) => one.type === types.keyRevocation && isSelfSigned(certificate, one, over)),
    maySign: (flags & maySign) !== 0,
    ...expiryOf(key, says),
    ...(name !== undefined && { name }),
  };
}

/** The newest certification of a user id by its own key, unless that has taken it back since. */
function certificationOf(certificate: Certificate, { text, signatures }: UserId, now: number): Signature | undefined {
  const head = Buffer.from([0xb4, 0, 0, 0, 0]);
  head.writeUInt32BE(text.length, 1);
  const over = [certificate.primary.key.hashed, head, text];
  const proved = (ones: readonly Signature[]) => ones.filter((one) => isSelfSigned(certificate, one, over));
  const certification = newest(proved(signatures.filter((one) => isCertification(one) && counts(one, now))));
  const revocation = newest(proved(signatures.filter(({ type }) => type === types.certificationRevocation)));
  return (revocation?.created ?? -1) >= (certification?.created ?? 0) ? undefined : certification;
}

/** The newest binding decides, as it is what the holder said last. */
export function standingOfSubkey(certificate: Certificate, { key, signatures }: KeyHolder, now: number): KeyStanding {
  const over = [certificate.primary.key.hashed, key.hashed];
  const proved = (type: number, when: (one: Signature) => boolean) =>
    signatures.filter((one) => one.type === type && when(one) && isSelfSigned(certificate, one, over));
  const binding = newest(proved(types.subkeyBinding, (one) => counts(one, now)));
  const signs = ((binding?.flags ?? 0) & maySign) !== 0;
  return {
    key,
    bound: binding !== undefined,
    revoked: proved(types.subkeyRevocation, () => true).length > 0,
    maySign: signs,
    ...expiryOf(key, binding),
    lacksCrossSignature:
      signs &&
      binding !== undefined &&
      !binding.embedded.slice(0, mostCrossSignatures).some((one) => isCrossSignature(one, key, over, now)),
  };
}

function isCrossSignature(body: Buffer, subkey: PublicKey, over: readonly Buffer[], now: number): boolean {
  const signature = signatureOrNone(body);
  return signature?.type === types.primaryKeyBinding && counts(signature, now) && isProved(subkey, signature, over);
}

function expiryOf(key: PublicKey, says: Signature | undefined): { readonly expires?: number } {
  return says?.keyExpires ? { expires: key.created + says.keyExpires } : {};
}

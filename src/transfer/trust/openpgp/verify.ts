import { integrityError, type Circumstances, type ImgctlError } from '../../../core/errors.ts';
import type { SignatureCheck, SignedText, Signer } from '../../../core/signature.ts';
import { dearmored } from './armor.ts';
import { canonicalText, readClearSigned } from './clear-signed.ts';
import { openKeyring, type FoundKey } from './keyring.ts';
import { Malformed } from './octets.ts';
import { packetsOf, tags } from './packets.ts';
import { Judge, type TrustPolicy } from './policy.ts';
import { signatureOrNone, signatureTypes, type Signature } from './signature.ts';
import { SignedContent } from './signed-content.ts';

export type { TrustPolicy } from './policy.ts';

/**
 * The text of a clear-signed document, and who signed it: one good signature by a trusted key is enough. Nothing but what was signed is
 * given back: without escapes, and without the whitespace at the ends of lines, which is not signed. INTEGRITY and CONFIG as `Signatures` has it.
 */
export function verifyClearSigned(document: Uint8Array, name: string, policy: TrustPolicy): SignedText {
  const { text, signature } = understood(name, () => readClearSigned(document));
  const check = begin(
    understood(name, () => signaturesIn([signature])),
    signatureTypes.text,
    name,
    policy,
  );
  for (const chunk of canonicalText(text)) check.update(chunk);
  const signer = check.verdict();
  return { text: text.toString('utf8'), signer };
}

/** Who signed these bytes; one good signature by a trusted key is enough. INTEGRITY and CONFIG as `Signatures` has it. */
export function verifyDetached(data: Uint8Array, signature: Uint8Array, name: string, policy: TrustPolicy): Signer {
  const check = checkDetached(signature, name, policy);
  check.update(data);
  return check.verdict();
}

/**
 * The same for bytes that pass by. What can be judged without them is judged at once, so that this throws INTEGRITY and CONFIG before the
 * first of them where no signature can be good.
 */
export function checkDetached(signature: Uint8Array, name: string, policy: TrustPolicy): SignatureCheck {
  const read = () => signaturesIn(dearmored(signature, 'SIGNATURE'));
  return begin(understood(`the signature of ${name}`, read), signatureTypes.binary, name, policy);
}

function understood<T>(subject: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    const said = /^(has|carries|ends) /.test(error.message) ? error.message : `is damaged: ${error.message}`;
    throw integrityError(`${subject} ${said}`, { cause: error });
  }
}

function signaturesIn(blocks: readonly Buffer[]): readonly Signature[] {
  const signatures: Signature[] = [];
  for (const block of blocks)
    for (const { tag, body } of packetsOf(block)) {
      const signature = tag === tags.signature ? signatureOrNone(body) : undefined;
      if (signature) signatures.push(signature);
    }
  if (signatures.length === 0) throw new Malformed('carries no signature');
  return signatures;
}

/** A signature that is good if the content is what was signed. */
interface Candidate {
  readonly signature: Signature;
  readonly found: FoundKey;
}

/** More signatures by keys of the keyring are not looked at: each costs time, and no publisher makes so many. */
const mostCandidates = 32;

function begin(signatures: readonly Signature[], type: number, name: string, policy: TrustPolicy): SignatureCheck {
  const keyring = openKeyring(policy.keys);
  const judge = new Judge(policy);
  const candidates: Candidate[] = [];
  let ofKnown: string | undefined;
  let ofUnknown: string | undefined;
  let keyExpired = false;
  const lenient = new Judge({ ...policy, expiredKeys: 'accept' });
  let tried = 0;
  for (const signature of signatures) {
    const [issuer = ''] = signature.issuers;
    const keys = keyring.keys.get(issuer) ?? [];
    const objection = judge.objectionToSignature(signature, type);
    if (objection !== undefined || keys.length === 0) {
      if (keys.length > 0) ofKnown ??= objection;
      else ofUnknown ??= objection ?? `by a key that is not in the keyring (${issuer})`;
      continue;
    }
    for (const found of keys) {
      if (tried++ >= mostCandidates) break;
      const keyObjection = judge.objectionToKey(found, signature);
      if (keyObjection === undefined) candidates.push({ signature, found });
      else ofKnown ??= keyObjection;
      keyExpired ||= keyObjection !== undefined && lenient.objectionToKey(found, signature) === undefined;
    }
  }
  if (candidates.length === 0)
    throw refused(name, ofKnown ?? ofUnknown ?? 'by nobody', { signerUnknown: ofKnown === undefined, keyExpired });
  return checkOf(candidates, judge, name);
}

const refused = (name: string, objection: string, facts: Pick<Circumstances, 'signerUnknown' | 'keyExpired'>): ImgctlError =>
  integrityError(`${name} is signed ${objection}`, facts);

function checkOf(candidates: readonly Candidate[], judge: Judge, name: string): SignatureCheck {
  const content = new SignedContent(candidates.map(({ signature }) => signature));
  return {
    update: (chunk) => void content.update(chunk),
    verdict() {
      const good = candidates.find(({ signature, found }) => content.isSignedBy(found.holder.key, signature));
      if (good) return judge.signerOf(good.found, good.signature);
      const [first] = candidates;
      throw integrityError(`${name} does not match its signature by key ${first?.found.holder.key.fingerprint ?? ''}`, {
        hint: 'Download it again: it is corrupt, or was changed after it was signed.',
      });
    },
  };
}

import type { Signer } from '../../../core/signature.ts';
import {
  clockTolerance,
  standingOfPrimary,
  standingOfSubkey,
  type Certificate,
  type KeyStanding,
  type PrimaryStanding,
} from './certificate.ts';
import type { FoundKey } from './keyring.ts';
import { algorithms, rsaBits } from './public-key.ts';
import type { Signature } from './signature.ts';

/** Whom to believe, and when. */
export interface TrustPolicy {
  /** Keyring files: binary or armored, each with any number of certificates. */
  readonly keys: readonly Uint8Array[];
  /** Fingerprints of primary keys or subkeys. Absent: every key of the keyring is trusted. */
  readonly signers?: readonly string[];
  /** `accept`: a key that has expired since is good for what it signed in its time. Absent: `refuse`. */
  readonly expiredKeys?: 'refuse' | 'accept';
  readonly now: Date;
}

const leastRsaBits = 2048;
const algorithmNames: Readonly<Record<number, string>> = { [algorithms.dsa]: 'DSA' };

const dayOf = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10);
const secondsOf = (date: Date): number => Math.floor(date.getTime() / 1000);
const plainFingerprint = (text: string): string => text.replace(/^0x|\s/gi, '').toUpperCase();

/** What speaks against a signature before its content is looked at, said behind "is signed". Undefined: nothing. */
export type Objection = string | undefined;

/** Judges by one policy. What self-signatures prove of a certificate is found out once. */
export class Judge {
  readonly #now: number;
  readonly #signers: ReadonlySet<string> | undefined;
  readonly #accepts: boolean;
  readonly #primaries = new Map<Certificate, PrimaryStanding>();
  readonly #subkeys = new Map<FoundKey['holder'], KeyStanding>();

  constructor({ now, signers, expiredKeys }: TrustPolicy) {
    this.#now = secondsOf(now);
    this.#signers = signers && new Set(signers.map(plainFingerprint));
    this.#accepts = expiredKeys === 'accept';
  }

  /** Of the signature alone, whoever made it. `type`: the one that signs content like this. */
  objectionToSignature(signature: Signature, type: number): Objection {
    const { created, expires = 0, hash, issuers, notUnderstood } = signature;
    if (signature.type !== type) return `by a signature of another kind (${signature.type}, not ${type})`;
    if (hash === undefined) return 'with a hash that is not trusted: SHA-256, SHA-384 and SHA-512 are';
    if (hash === 'sha1') return 'with SHA-1, which is too weak';
    if (notUnderstood !== undefined) return `on a condition that is not understood (critical subpacket ${notUnderstood})`;
    if (issuers.size === 0) return 'without naming the key';
    if (issuers.size > 1) return 'in the name of several keys at once';
    if (created === undefined) return 'without a time';
    if (created > this.#now + clockTolerance) return `in the future (${dayOf(created)})`;
    if (expires > 0 && created + expires < this.#now) return `by a signature that expired on ${dayOf(created + expires)}`;
    return undefined;
  }

  /** Of the key that is said to have made it. */
  objectionToKey({ certificate, holder }: FoundKey, signature: Signature): Objection {
    const primary = this.#primary(certificate);
    const standing = holder === certificate.primary ? primary : this.#subkey(certificate, holder);
    const by = `by key ${holder.key.fingerprint}`;
    const chain = standing === primary ? [primary] : [primary, standing];
    if (!this.#isTrusted(certificate, holder)) return `${by}, which is none of the trusted signers`;
    for (const one of chain) {
      const objection = this.#objectionTo(one, signature);
      if (objection !== undefined)
        return one === standing ? `${by}, which ${objection}` : `${by}, whose primary key ${one.key.fingerprint} ${objection}`;
    }
    if (!standing.maySign) return `${by}, which is not for signing`;
    if (standing.lacksCrossSignature) return `${by}, a subkey that has not signed that it belongs to its primary key`;
    return undefined;
  }

  #objectionTo({ key, bound, revoked, expires }: KeyStanding, { created = 0, algorithm }: Signature): Objection {
    const bits = rsaBits(key);
    if (revoked) return 'is revoked';
    if (key.material === undefined)
      return `is of a kind that is not trusted${algorithmNames[algorithm] ? ` (${algorithmNames[algorithm]})` : ''}`;
    if (bits !== undefined && bits < leastRsaBits) return `is too weak: RSA ${bits}, at least ${leastRsaBits} is asked for`;
    if (!bound) return 'has no valid self-signature';
    if (created < key.created) return 'was made after that';
    if (expires !== undefined && expires < (this.#accepts ? created : this.#now)) return `expired on ${dayOf(expires)}`;
    return undefined;
  }

  signerOf({ certificate, holder }: FoundKey, { created }: Signature): Signer {
    const primary = this.#primary(certificate);
    const { name, key } = primary;
    const ends = [primary, holder === certificate.primary ? primary : this.#subkey(certificate, holder)].map(
      ({ expires = Infinity }) => expires,
    );
    const end = Math.min(...ends);
    return {
      fingerprint: key.fingerprint,
      ...(name !== undefined && { name }),
      ...(created !== undefined && { madeAt: new Date(created * 1000).toISOString().replace('.000Z', 'Z') }),
      ...(end < this.#now && { expiredOn: dayOf(end) }),
    };
  }

  #isTrusted({ primary }: Certificate, holder: FoundKey['holder']): boolean {
    return this.#signers === undefined || [primary, holder].some(({ key }) => this.#signers?.has(key.fingerprint));
  }

  #primary(certificate: Certificate): PrimaryStanding {
    const standing = this.#primaries.get(certificate) ?? standingOfPrimary(certificate, this.#now);
    this.#primaries.set(certificate, standing);
    return standing;
  }

  #subkey(certificate: Certificate, holder: FoundKey['holder']): KeyStanding {
    const standing = this.#subkeys.get(holder) ?? standingOfSubkey(certificate, holder, this.#now);
    this.#subkeys.set(holder, standing);
    return standing;
  }
}

/** Who made a signature, as far as it was proved. */
export interface Signer {
  /** Fingerprint of the primary key, hexadecimal digits in upper case (OpenPGP); else the id that the scheme gives a key. */
  readonly fingerprint: string;
  /** What the key says of its holder: another's text. Absent: nothing. */
  readonly name?: string;
  /** When it was signed, RFC 3339 in UTC with `Z`. Absent: the signature does not say. */
  readonly madeAt?: string;
  /** The day on which the key has expired since, `YYYY-MM-DD`; absent: it has not, or nobody minds. */
  readonly expiredOn?: string;
}

/** A text of which every byte was signed. */
export interface SignedText {
  readonly text: string;
  readonly signer: Signer;
}

/**
 * What has to vouch for what a publisher serves: a `signature` by a key that is trusted; a `checksum` alone, so that the server it comes
 * from is all that is trusted; or `nothing`.
 */
export type Assurance = 'signature' | 'checksum' | 'nothing';

/** A detached signature over bytes that pass by: each of them, in order, before the verdict. */
export interface SignatureCheck {
  update(chunk: Uint8Array): void;
  /** Throws as `Signatures` does. */
  verdict(): Signer;
}

/**
 * Judges signatures by the keys that an account trusts. Throws INTEGRITY for one that is bad, weak, expired, revoked, from the future,
 * by another key, or none at all; CONFIG where no key is known to judge by. `name` is what was signed, for messages.
 */
export interface Signatures {
  readonly assurance: Assurance;
  /** Only what was signed is given back: nothing else of the document may be read. */
  clearSigned(document: Uint8Array, name: string): Promise<SignedText>;
  detached(data: Uint8Array, signature: Uint8Array, name: string): Promise<Signer>;
  check(signature: Uint8Array, name: string): Promise<SignatureCheck>;
}

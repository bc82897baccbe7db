import { constants, createHash, createVerify, publicDecrypt, verify, type Hash, type KeyObject, type Verify } from 'node:crypto';
import { padded } from './octets.ts';
import { algorithms, keyObjectOf, type PublicKey } from './public-key.ts';
import type { HashName, Signature } from './signature.ts';

/** RFC 8017, section 9.2: what stands before the digest in what RSA signs. */
const digestInfos: Readonly<Record<HashName, string>> = {
  sha1: '3021300906052b0e03021a05000414',
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
};

/** What signatures are over, hashed as it passes by: once for each hash, however many signatures there are. */
export class SignedContent {
  readonly #hashes = new Map<HashName, Hash>();
  /** Node verifies ECDSA only by a hash of its own. */
  readonly #verifiers = new Map<Signature, Verify>();

  constructor(signatures: readonly Signature[]) {
    for (const signature of signatures) {
      const { hash, algorithm } = signature;
      if (hash === undefined) continue;
      if (!this.#hashes.has(hash)) this.#hashes.set(hash, createHash(hash));
      if (algorithm === algorithms.ecdsa) this.#verifiers.set(signature, createVerify(hash));
    }
  }

  update(chunk: Uint8Array): this {
    for (const hash of this.#hashes.values()) hash.update(chunk);
    for (const verifier of this.#verifiers.values()) verifier.update(chunk);
    return this;
  }

  /** The mathematics alone: whether this key made this signature over all that has passed by. Asked once of each signature. */
  isSignedBy(key: PublicKey, signature: Signature): boolean {
    const { hash } = signature;
    const material = key.material && keyObjectOf(key.material);
    if (hash === undefined || key.material === undefined || material === undefined) return false;
    if (key.algorithm !== signature.algorithm) return false;
    const digest = this.#hashes.get(hash)?.copy().update(signature.trailer).digest();
    if (digest === undefined || !digest.subarray(0, 2).equals(signature.left)) return false;
    const { kind, size } = key.material;
    if (kind === 'rsa') return isRsa(material, hash, digest, padded(signature.values[0] ?? Buffer.alloc(0), size));
    const value = Buffer.concat(signature.values.map((number) => padded(number, signature.values.length === 1 ? 64 : size)));
    if (value.length !== 2 * size) return false;
    if (kind === 'ed25519') return verify(null, digest, material, value);
    const verifier = this.#verifiers.get(signature)?.update(signature.trailer);
    this.#verifiers.delete(signature);
    return verifier?.verify({ key: material, dsaEncoding: 'ieee-p1363' }, value) ?? false;
  }
}

/** Made anew and compared as a whole, so that nothing of the padding is left to be read leniently. */
function isRsa(material: KeyObject, hash: HashName, digest: Buffer, value: Buffer): boolean {
  const end = Buffer.concat([Buffer.from(digestInfos[hash], 'hex'), digest]);
  if (value.length < end.length + 11) return false;
  const filling = Buffer.alloc(value.length - end.length - 3, 0xff);
  const expected = Buffer.concat([Buffer.from([0, 1]), filling, Buffer.from([0]), end]);
  try {
    return publicDecrypt({ key: material, padding: constants.RSA_NO_PADDING }, value).equals(expected);
  } catch {
    // A number that is larger than the modulus, or of another length: no signature by this key.
    return false;
  }
}

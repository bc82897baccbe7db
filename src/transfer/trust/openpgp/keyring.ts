import { configError } from '../../../core/errors.ts';
import { dearmored } from './armor.ts';
import type { Certificate, Holder, KeyHolder } from './certificate.ts';
import { Malformed } from './octets.ts';
import { packetsOf, tags, type Packet } from './packets.ts';
import { readPublicKey, type PublicKey } from './public-key.ts';
import { signatureOrNone } from './signature.ts';

/** A key of a keyring, and the certificate that it is part of. */
export interface FoundKey {
  readonly certificate: Certificate;
  readonly holder: KeyHolder;
}

/** Keys by their ids. Nothing of them is proved yet. */
export interface Keyring {
  readonly keys: ReadonlyMap<string, readonly FoundKey[]>;
}

/** No name is longer, and every signature over it hashes it anew. */
const longestUserId = 2048;

/**
 * The keys of several files, each binary or armored, with any number of certificates; what the files say of the same key is put together,
 * so that a revocation in one of them counts. CONFIG: a file is damaged, or there is no key at all that could verify anything.
 */
export function openKeyring(files: readonly Uint8Array[]): Keyring {
  const reader = new KeyringReader();
  for (const file of files) {
    try {
      for (const block of dearmored(file, 'PUBLIC KEY BLOCK')) reader.read(block);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      throw configError(`the keyring cannot be read: ${isKeybox(file) ? 'it is a keybox of GnuPG' : error.message}`, {
        hint: 'Give a file made by: gpg --export FINGERPRINT',
        cause: error,
      });
    }
  }
  const keys = reader.keys();
  if (![...keys.values()].some((found) => found.some(({ holder }) => holder.key.material !== undefined)))
    throw configError('the keyring has no key that signatures can be verified with', {
      hint: 'Give a keyring with a key of RSA, ECDSA or Ed25519.',
    });
  return { keys };
}

/** Fingerprints of all its keys, in upper case, those of subkeys among them. Nothing is proved of them yet. */
export const fingerprintsIn = ({ keys }: Keyring): ReadonlySet<string> =>
  new Set([...keys.values()].flatMap((found) => found.map(({ holder }) => holder.key.fingerprint)));

const isKeybox = (file: Uint8Array): boolean => Buffer.from(file.subarray(8, 12)).toString('latin1') === 'KBXf';

class KeyringReader {
  readonly #certificates = new Map<string, Certificate>();

  read(block: Buffer): void {
    let certificate: Certificate | undefined;
    let holder: Holder | undefined;
    for (const packet of packetsOf(block)) {
      if (packet.tag === tags.publicKey) certificate = this.#certificate(packet);
      if (certificate === undefined) continue;
      if (packet.tag === tags.signature) addSignature(holder, packet);
      else if (holders.has(packet.tag)) holder = holderOf(certificate, packet);
    }
  }

  #certificate({ body }: Packet): Certificate | undefined {
    const key = keyOrNone(body);
    if (key === undefined) return undefined;
    const before = this.#certificates.get(key.fingerprint);
    if (before) return before;
    const made: Certificate = { primary: { key, signatures: [] }, userIds: [], subkeys: new Map() };
    this.#certificates.set(key.fingerprint, made);
    return made;
  }

  keys(): ReadonlyMap<string, readonly FoundKey[]> {
    const keys = new Map<string, FoundKey[]>();
    for (const certificate of this.#certificates.values())
      for (const holder of [certificate.primary, ...certificate.subkeys.values()]) {
        const { keyId } = holder.key;
        const found = keys.get(keyId);
        if (found) found.push({ certificate, holder });
        else keys.set(keyId, [{ certificate, holder }]);
      }
    return keys;
  }
}

/** What signatures stand behind. Others, such as the trust packets of GnuPG's own keyrings, may lie between. */
const holders: ReadonlySet<number> = new Set([tags.publicKey, tags.publicSubkey, tags.userId, tags.userAttribute]);

/** To whom the signatures belong that follow. Undefined: to something of which nothing is needed, such as a picture. */
function holderOf(certificate: Certificate, { tag, body }: Packet): Holder | undefined {
  if (tag === tags.publicKey) return certificate.primary;
  if (tag === tags.userId && body.length <= longestUserId) {
    const userId = { text: body, signatures: [] };
    certificate.userIds.push(userId);
    return userId;
  }
  const key = tag === tags.publicSubkey ? keyOrNone(body) : undefined;
  if (key === undefined) return undefined;
  const subkey = certificate.subkeys.get(key.fingerprint) ?? { key, signatures: [] };
  certificate.subkeys.set(key.fingerprint, subkey);
  return subkey;
}

function addSignature(holder: Holder | undefined, { body }: Packet): void {
  const signature = holder && signatureOrNone(body);
  if (signature) holder?.signatures.push(signature);
}

/** A damaged key is as good as none, and the others of the keyring are good all the same. */
function keyOrNone(body: Buffer): PublicKey | undefined {
  try {
    return readPublicKey(body);
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

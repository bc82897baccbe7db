import { certificate, signedText } from './openpgp/certificates.ts';
import { testKey } from './openpgp/keys.ts';
import { armored } from './openpgp/packets.ts';
import { signaturePacket } from './openpgp/signatures.ts';

/** Somebody who signs as OpenPGP has it, by a key of his own. */
export interface Publisher {
  readonly fingerprint: string;
  /** The public key, armoured. */
  readonly key: string;
  detached(data: Uint8Array): Buffer;
  clearSigned(text: string): Buffer;
}

export function publisher(name: string): Publisher {
  const key = testKey('ed25519-legacy', name);
  return {
    fingerprint: key.fingerprint,
    key: armored('PUBLIC KEY BLOCK', certificate(key, {}, `${name} <${name.toLowerCase()}@example.test>`)),
    detached: (data) => Buffer.from(armored('SIGNATURE', signaturePacket(key, [data]))),
    clearSigned: (text) => Buffer.from(signedText(key, text)),
  };
}

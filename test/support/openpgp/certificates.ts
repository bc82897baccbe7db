import type { TestKey } from './keys.ts';
import { armored, packet } from './packets.ts';
import { canonical, signatureBody, signaturePacket, type Says } from './signatures.ts';
import { u32 } from './packets.ts';

export const holder = 'Publisher of images <images@example.test>';

export const overUserId = (key: TestKey, userId = holder): readonly Buffer[] => [
  key.hashed,
  Buffer.from([0xb4]),
  u32(Buffer.byteLength(userId)),
  Buffer.from(userId),
];

/** A primary key with a name that it has signed itself. */
export function certificate(key: TestKey, says: Says = {}, userId = holder): Buffer {
  const self = signaturePacket(key, overUserId(key, userId), { type: 0x13, flags: 3, created: key.created, ...says });
  return Buffer.concat([packet(6, key.body), packet(13, Buffer.from(userId)), self]);
}

/** A revocation of the primary key, to stand right behind it or at the end of a certificate that is put together with it. */
export const revocationOf = (key: TestKey, says: Says = {}): Buffer =>
  Buffer.concat([packet(6, key.body), signaturePacket(key, [key.hashed], { type: 0x20, created: key.created + 9, ...says })]);

/** A signing subkey as it stands behind the certificate of its primary key. `back`: what its own signature over that says; `null`: none. */
export function subkey(primary: TestKey, key: TestKey, says: Says = {}, back: Says | null = {}): Buffer {
  const over = [primary.hashed, key.hashed];
  const embedded = back === null ? [] : [signatureBody(key, over, { type: 0x19, created: key.created, ...back })];
  const binding = signaturePacket(primary, over, { type: 0x18, flags: 2, created: key.created, embedded, ...says });
  return Buffer.concat([packet(14, key.body), binding]);
}

export const subkeyRevocation = (primary: TestKey, key: TestKey): Buffer =>
  signaturePacket(primary, [primary.hashed, key.hashed], { type: 0x28, created: key.created + 9 });

export function clearSigned(text: string, signatures: Uint8Array, headers = 'Hash: SHA256\n'): string {
  const escaped = text.replace(/^-/gm, '- -');
  return `-----BEGIN PGP SIGNED MESSAGE-----\n${headers}\n${escaped}\n${armored('SIGNATURE', signatures)}`;
}

export const signedText = (key: TestKey, text: string, says: Says = {}): string =>
  clearSigned(text, signaturePacket(key, [canonical(text)], { type: 1, ...says }));

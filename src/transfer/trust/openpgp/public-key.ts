import { createHash, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { keyIdOf, Octets, upperHex } from './octets.ts';

export type KeyKind = 'rsa' | 'ecdsa' | 'ed25519';

/** How a key proves something. `size`: bytes of its modulus, or of a coordinate. */
export interface KeyMaterial {
  readonly kind: KeyKind;
  readonly size: number;
  readonly jwk: JsonWebKey;
}

export interface PublicKey {
  /** Hexadecimal digits in upper case. */
  readonly fingerprint: string;
  readonly keyId: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly algorithm: number;
  /** What of it stands in the hash of a signature over it. */
  readonly hashed: Buffer;
  /** Absent: it is of a kind that nothing is verified with. */
  readonly material?: KeyMaterial;
}

/** RFC 9580, section 9.1. Those of 2, 16, 18, 25 and 26 cannot sign. */
export const algorithms = { rsa: 1, rsaSignOnly: 3, dsa: 17, ecdsa: 19, eddsaLegacy: 22, ed25519: 27 } as const;

const curves: Readonly<Record<string, readonly [name: string, size: number]>> = {
  '2A8648CE3D030107': ['P-256', 32],
  '2B81040022': ['P-384', 48],
  '2B81040023': ['P-521', 66],
};
const ed25519Legacy = '2B06010401DA470F01';
/** No key that signs is longer; its hash stands in that of every signature over it. */
const longestKey = 8192;
/** OpenSSL takes no larger modulus. The exponent is 65537 nearly always: a long one only costs time. */
const longestModulus = 2048;
const longestExponent = 8;

/** Undefined for versions other than 4, and for what is longer than any key. Malformed: it is damaged. */
export function readPublicKey(body: Buffer): PublicKey | undefined {
  if (body[0] !== 4 || body.length > longestKey) return undefined;
  const octets = new Octets(body.subarray(1));
  const created = octets.number(4);
  const algorithm = octets.number(1);
  const hashed = Buffer.concat([Buffer.from([0x99, body.length >> 8, body.length & 0xff]), body]);
  const fingerprint = upperHex(createHash('sha1').update(hashed).digest());
  const material = materialOf(algorithm, octets);
  return { fingerprint, keyId: keyIdOf(fingerprint), created, algorithm, hashed, ...(material && { material }) };
}

function materialOf(algorithm: number, octets: Octets): KeyMaterial | undefined {
  switch (algorithm) {
    case algorithms.rsa:
    case algorithms.rsaSignOnly:
      return rsa(octets);
    case algorithms.ecdsa:
    case algorithms.eddsaLegacy:
      return onCurve(algorithm, octets);
    case algorithms.ed25519:
      return ed25519(octets.take(32));
    default:
      return undefined;
  }
}

function rsa(octets: Octets): KeyMaterial | undefined {
  const modulus = withoutZeros(octets.integer());
  const exponent = withoutZeros(octets.integer());
  if (modulus.length > longestModulus || exponent.length > longestExponent) return undefined;
  const jwk = { kty: 'RSA', n: modulus.toString('base64url'), e: exponent.toString('base64url') };
  return { kind: 'rsa', size: modulus.length, jwk };
}

function withoutZeros(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? bytes.subarray(bytes.length) : bytes.subarray(first);
}

function onCurve(algorithm: number, octets: Octets): KeyMaterial | undefined {
  const curve = upperHex(octets.take(octets.number(1)));
  const point = octets.integer();
  if (algorithm === algorithms.eddsaLegacy)
    return curve === ed25519Legacy && point[0] === 0x40 && point.length === 33 ? ed25519(point.subarray(1)) : undefined;
  const [crv, size] = curves[curve] ?? [];
  if (crv === undefined || size === undefined || point[0] !== 4 || point.length !== 1 + 2 * size) return undefined;
  const x = point.subarray(1, 1 + size).toString('base64url');
  return { kind: 'ecdsa', size, jwk: { kty: 'EC', crv, x, y: point.subarray(1 + size).toString('base64url') } };
}

const ed25519 = (x: Buffer): KeyMaterial => ({
  kind: 'ed25519',
  size: 32,
  jwk: { kty: 'OKP', crv: 'Ed25519', x: x.toString('base64url') },
});

/** Bits of an RSA modulus. Undefined for other kinds. */
export function rsaBits({ material }: PublicKey): number | undefined {
  if (material?.kind !== 'rsa') return undefined;
  const first = Buffer.from(String(material.jwk.n), 'base64url')[0] ?? 0;
  return material.size * 8 - (Math.clz32(first) - 24);
}

const opened = new WeakMap<KeyMaterial, KeyObject | null>();

/** The key as Node knows it. Undefined: its numbers are no key, such as a point that is not on its curve. */
export function keyObjectOf(material: KeyMaterial): KeyObject | undefined {
  const before = opened.get(material);
  if (before !== undefined) return before ?? undefined;
  let key: KeyObject | null;
  try {
    key = createPublicKey({ key: material.jwk, format: 'jwk' });
  } catch {
    // What is no key proves nothing.
    key = null;
  }
  opened.set(material, key);
  return key ?? undefined;
}

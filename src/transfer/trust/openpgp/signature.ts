import { algorithms } from './public-key.ts';
import { Malformed, Octets, upperHex } from './octets.ts';
import { readSubpackets, type Subpackets } from './subpackets.ts';

/** RFC 9580, section 5.2.1. */
export const signatureTypes = {
  binary: 0x00,
  text: 0x01,
  firstCertification: 0x10,
  lastCertification: 0x13,
  subkeyBinding: 0x18,
  primaryKeyBinding: 0x19,
  directKey: 0x1f,
  keyRevocation: 0x20,
  subkeyRevocation: 0x28,
  certificationRevocation: 0x30,
} as const;

export type HashName = 'sha1' | 'sha256' | 'sha384' | 'sha512';
const hashes: Readonly<Record<number, HashName>> = { 2: 'sha1', 8: 'sha256', 9: 'sha384', 10: 'sha512' };

export interface Signature extends Subpackets {
  readonly type: number;
  readonly algorithm: number;
  /** Absent: one that is not trusted, such as MD5. */
  readonly hash?: HashName;
  /** What is hashed behind that which is signed. */
  readonly trailer: Buffer;
  /** The first two bytes of the hash. */
  readonly left: Buffer;
  readonly values: readonly Buffer[];
}

/** Undefined for versions other than 3 and 4. Malformed: it is damaged. */
function readSignature(body: Buffer): Signature | undefined {
  const octets = new Octets(body);
  const version = octets.number(1);
  return version === 3 ? readVersion3(octets) : version === 4 ? readVersion4(body, octets) : undefined;
}

/** Undefined for what is damaged, too: it proves nothing, and keeps nothing else from being proved. */
export function signatureOrNone(body: Buffer): Signature | undefined {
  try {
    return readSignature(body);
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

/** openSUSE's build service still writes it. */
function readVersion3(octets: Octets): Signature {
  if (octets.number(1) !== 5) throw new Malformed('a signature of version 3 whose signed part is not 5 bytes long');
  const trailer = octets.take(5);
  const issuers = new Set([upperHex(octets.take(8))]);
  const algorithm = octets.number(1);
  const hash = hashes[octets.number(1)];
  const left = octets.take(2);
  return {
    type: trailer.readUInt8(0),
    created: trailer.readUInt32BE(1),
    issuers,
    embedded: [],
    algorithm,
    ...(hash && { hash }),
    trailer,
    left,
    values: valuesOf(algorithm, octets),
  };
}

function readVersion4(body: Buffer, octets: Octets): Signature {
  const type = octets.number(1);
  const algorithm = octets.number(1);
  const hash = hashes[octets.number(1)];
  const signed = octets.take(octets.number(2));
  const head = body.subarray(0, octets.at);
  const loose = octets.take(octets.number(2));
  const left = octets.take(2);
  const end = Buffer.from([4, 0xff, 0, 0, 0, 0]);
  end.writeUInt32BE(head.length, 2);
  return {
    ...readSubpackets(signed, loose),
    type,
    algorithm,
    ...(hash && { hash }),
    trailer: Buffer.concat([head, end]),
    left,
    values: valuesOf(algorithm, octets),
  };
}

/** How many numbers make a signature. */
const counts: Readonly<Record<number, number>> = {
  [algorithms.rsa]: 1,
  [algorithms.rsaSignOnly]: 1,
  [algorithms.ecdsa]: 2,
  [algorithms.eddsaLegacy]: 2,
};

function valuesOf(algorithm: number, octets: Octets): readonly Buffer[] {
  if (algorithm === algorithms.ed25519) return [octets.take(64)];
  return Array.from({ length: counts[algorithm] ?? 0 }, () => octets.integer());
}

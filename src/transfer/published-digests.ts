import { getHashes } from 'node:crypto';
import type { Checksum } from '../core/checksum.ts';
import type { Digests } from '../core/operation.ts';

/** Hexadecimal digits of each algorithm's digests, the strongest algorithm first. */
const digits = new Map<string, number>([
  ['sha512', 128],
  ['sha3-512', 128],
  ['blake2b512', 128],
  ['sha384', 96],
  ['sha3-384', 96],
  ['sha256', 64],
  ['sha3-256', 64],
  ['blake2s256', 64],
  ['sha512-256', 64],
  ['sm3', 64],
  ['sha224', 56],
  ['sha3-224', 56],
  ['sha512-224', 56],
  ['ripemd160', 40],
  ['sha1', 40],
  ['md5', 32],
]);
/** Node's names for what other programs (Python's hashlib among them) call otherwise. */
const otherNames: Readonly<Record<string, string>> = { blake2b: 'blake2b512', blake2s: 'blake2s256', rmd160: 'ripemd160' };
const strongestFirst = [...digits.keys()];

/** Node's name of an algorithm, however its letters and joints are written. Absent: it cannot be computed here. */
export function algorithmNamed(name: string): string | undefined {
  const plain = name
    .trim()
    .toLowerCase()
    .replaceAll('_', '-')
    .replace(/^sha-(\d)/, 'sha$1');
  const known = Object.hasOwn(otherNames, plain) ? otherNames[plain] : plain;
  return known !== undefined && digits.has(known) && getHashes().includes(known) ? known : undefined;
}

function checksumOf([name, value]: readonly [string, string]): readonly Checksum[] {
  const algorithm = algorithmNamed(name);
  const hex = value.trim().toLowerCase();
  const whole = algorithm !== undefined && hex.length === digits.get(algorithm) && /^[0-9a-f]+$/.test(hex);
  return whole ? [{ algorithm, hex }] : [];
}

/** Those of the published digests that can be compared, the strongest first. */
export const comparable = (digests: Digests | undefined): readonly Checksum[] =>
  Object.entries(digests ?? {})
    .flatMap(checksumOf)
    .toSorted((a, b) => strongestFirst.indexOf(a.algorithm) - strongestFirst.indexOf(b.algorithm));

/** The strongest of them; absent where none can be compared. */
export const strongest = (digests: Digests | undefined): Checksum | undefined => comparable(digests)[0];

/** Why nothing can be compared with what was published of `what`, as a message; absent: something can. */
export function whyUnverified(digests: Digests | undefined, who: string, what: string): string | undefined {
  if (comparable(digests).length > 0) return undefined;
  const names = Object.keys(digests ?? {});
  if (names.length === 0) return `not verified: ${who} reports no checksum for ${what}`;
  return `not verified: ${who} reports only ${names.join(', ')} for ${what}, which imgctl cannot compare`;
}

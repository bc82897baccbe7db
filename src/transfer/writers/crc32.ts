import { crc32 } from 'node:zlib';

/** The CRC-32 polynomial of gzip (RFC 1952 section 8), reflected: the highest bit is the coefficient of x^0. */
const polynomial = 0xedb88320;
const one = 0x80000000;

/** Product of two polynomials over GF(2), modulo the CRC's. */
function multiply(a: number, b: number): number {
  let product = 0;
  let shifted = b;
  for (let bit = one; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) product ^= shifted;
    shifted = (shifted & 1) === 0 ? shifted >>> 1 : (shifted >>> 1) ^ polynomial;
  }
  return product >>> 0;
}

/** `powers[k]` is x^(2^(k+3)): what 2^k zero bytes multiply a CRC's state with. Enough for any length that a number can hold. */
const powers: number[] = [0x00800000];
while (powers.length < 53) powers.push(multiply(powers.at(-1) ?? one, powers.at(-1) ?? one));

/** CRC-32 after some more bytes; `crc` is that of everything before them, 0 at the start. */
export function crc32Append(crc: number, bytes: Uint8Array): number {
  return crc32(bytes, crc);
}

/** CRC-32 after `length` more zero bytes, without touching them: a zero byte multiplies the state by x^8. */
export function crc32AppendZeros(crc: number, length: number): number {
  return ~moved(~crc >>> 0, length) >>> 0;
}

/** CRC-32 of two pieces of data one behind the other, from that of each; `length` bytes are in the second. */
export function crc32Combine(first: number, second: number, length: number): number {
  return (moved(first, length) ^ second) >>> 0;
}

/** A state `length` bytes further on. */
function moved(state: number, length: number): number {
  let product = state;
  for (let k = 0, left = length; left > 0; k += 1, left = Math.floor(left / 2)) {
    if (left % 2 === 1) product = multiply(powers[k] ?? one, product);
  }
  return product;
}

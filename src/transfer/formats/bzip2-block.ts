import type { BitReader } from './bzip2-bits.ts';
import { findingError } from './findings.ts';

const symbolsPerTable = 50;
const maxCodeBits = 20;
const pieceBytes = 256 << 10;

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc >>> 0;
});

function broken(what: string) {
  return findingError('decompress', `the bzip2 data is broken: ${what}`);
}

/** A canonical Huffman code: for every length the first code (filled up to 20 bits) that is longer, and where its symbols begin. */
interface Code {
  readonly limits: Float64Array;
  readonly bases: Float64Array;
  readonly symbols: Uint16Array;
}

/** A block before its runs are expanded: bytes in the low 8 bits, the place of the next one above them. */
interface Block {
  readonly links: Uint32Array;
  readonly start: number;
}

/** Decodes a block behind its magic and checksum: Huffman codes, move-to-front, Burrows-Wheeler. */
export function decodeBlock(bits: BitReader, blockBytes: number): Block {
  if (bits.read(1) !== 0) throw broken('a randomised block');
  const start = bits.read(24);
  const alphabet = readAlphabet(bits);
  const tables = bits.read(3);
  const selectorCount = bits.read(15);
  if (tables < 2 || tables > 6 || selectorCount === 0) throw broken('its tables');
  const selectors = readSelectors(bits, selectorCount, tables);
  const codes = Array.from({ length: tables }, () => readCode(bits, alphabet.length + 2));
  const links = new Uint32Array(blockBytes);
  const length = readSymbols(bits, alphabet, selectors, codes, links);
  if (start >= length) throw broken('its origin');
  return { links: linkBytes(links.subarray(0, length)), start };
}

function readAlphabet(bits: BitReader): Uint8Array {
  const alphabet: number[] = [];
  const used = bits.read(16);
  for (let group = 0; group < 16; group += 1) {
    if (((used >>> (15 - group)) & 1) === 0) continue;
    const members = bits.read(16);
    for (let index = 0; index < 16; index += 1) if ((members >>> (15 - index)) & 1) alphabet.push(group * 16 + index);
  }
  if (alphabet.length === 0) throw broken('an empty alphabet');
  return Uint8Array.from(alphabet);
}

function readSelectors(bits: BitReader, count: number, tables: number): Uint8Array {
  const order = Array.from({ length: tables }, (_, index) => index);
  return Uint8Array.from({ length: count }, () => {
    let index = 0;
    while (bits.read(1) === 1) if ((index += 1) >= tables) throw broken('a selector');
    const [chosen = 0] = order.splice(index, 1);
    order.unshift(chosen);
    return chosen;
  });
}

function readCode(bits: BitReader, symbolCount: number): Code {
  let length = bits.read(5);
  const lengths = Uint8Array.from({ length: symbolCount }, () => {
    for (;;) {
      if (length < 1 || length > maxCodeBits) throw broken('a code length');
      if (bits.read(1) === 0) return length;
      length += bits.read(1) === 0 ? 1 : -1;
    }
  });
  const limits = new Float64Array(maxCodeBits + 1);
  const bases = new Float64Array(maxCodeBits + 1);
  const symbols = new Uint16Array(symbolCount);
  let code = 0;
  let filled = 0;
  for (let size = 1; size <= maxCodeBits; size += 1) {
    bases[size] = filled - code;
    for (const [symbol, own] of lengths.entries()) {
      if (own !== size) continue;
      symbols[filled] = symbol;
      filled += 1;
      code += 1;
    }
    limits[size] = code * 2 ** (maxCodeBits - size);
    code *= 2;
  }
  return { limits, bases, symbols };
}

function readSymbol(bits: BitReader, { limits, bases, symbols }: Code): number {
  const ahead = bits.peek(maxCodeBits);
  let size = 1;
  while (size <= maxCodeBits && ahead >= (limits[size] ?? 0)) size += 1;
  const symbol = symbols[(ahead >>> (maxCodeBits - size)) + (bases[size] ?? 0)];
  if (size > maxCodeBits || symbol === undefined) throw broken('a code');
  bits.skip(size);
  return symbol;
}

/** Fills `out` with bytes; gives how many. Symbols 0 and 1 are the digits of a run, the last one ends the block. */
function readSymbols(
  bits: BitReader,
  alphabet: Uint8Array,
  selectors: Uint8Array,
  codes: readonly Code[],
  out: Uint32Array,
): number {
  const end = alphabet.length + 1;
  let length = 0;
  let run = 0;
  let digit = 1;
  const writeRun = () => {
    if (length + run > out.length) throw broken('a run too long');
    out.fill(alphabet[0] ?? 0, length, length + run);
    length += run;
    run = 0;
    digit = 1;
  };
  for (const selector of selectors) {
    const code = codes[selector];
    if (code === undefined) break;
    for (let count = 0; count < symbolsPerTable; count += 1) {
      const symbol = readSymbol(bits, code);
      if (symbol <= 1) {
        run += digit << symbol;
        digit *= 2;
        if (run > out.length) throw broken('a run too long');
        continue;
      }
      if (run > 0) writeRun();
      if (symbol === end) return length;
      const byte = alphabet[symbol - 1] ?? 0;
      alphabet.copyWithin(1, 0, symbol - 1);
      alphabet[0] = byte;
      if (length >= out.length) throw broken('a block too long');
      out[length] = byte;
      length += 1;
    }
  }
  throw broken('a block without an end');
}

/** The inverse of the Burrows-Wheeler transform, in place: to every byte the place of the one after it. */
function linkBytes(links: Uint32Array): Uint32Array {
  const places = new Uint32Array(256);
  for (const byte of links) places[byte] = (places[byte] ?? 0) + 1;
  for (let byte = 0, sum = 0; byte < 256; byte += 1) {
    const count = places[byte] ?? 0;
    places[byte] = sum;
    sum += count;
  }
  for (let index = 0; index < links.length; index += 1) {
    const byte = (links[index] ?? 0) & 255;
    const place = places[byte] ?? 0;
    links[place] = ((links[place] ?? 0) & 255) | (index << 8);
    places[byte] = place + 1;
  }
  return links;
}

/** The bytes of a block in pieces; after four equal ones stands how many more there are. Returns their checksum. */
export function* expandRuns({ links, start }: Block): Generator<Uint8Array, number, undefined> {
  let piece = new Uint8Array(pieceBytes);
  let filled = 0;
  let crc = 0xffffffff;
  let link = links[start] ?? 0;
  let last = -1;
  let equal = 0;
  for (let count = 0; count < links.length; count += 1) {
    link = links[link >>> 8] ?? 0;
    const byte = link & 255;
    let copies = 1;
    if (equal === 4) {
      copies = byte;
      equal = 0;
    } else {
      equal = byte === last ? equal + 1 : 1;
      last = byte;
    }
    if (filled + copies > pieceBytes) {
      yield piece.subarray(0, filled);
      piece = new Uint8Array(pieceBytes);
      filled = 0;
    }
    for (let index = 0; index < copies; index += 1) {
      piece[filled + index] = last;
      crc = (crcTable[(crc >>> 24) ^ last] ?? 0) ^ (crc << 8);
    }
    filled += copies;
  }
  yield piece.subarray(0, filled);
  return ~crc >>> 0;
}

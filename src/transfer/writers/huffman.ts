/**
 * Tables that tell how far to go in deflate data (RFC 1951), not what it says: one look-up steps over as many literals
 * as fit in its index, and a length code with its extra bits behind them. Made anew for each block, in place.
 */

/** Bits that index the table of literals and lengths, and that of distances. Longer codes are rare and go bit by bit. */
export const symbolBits = 10;
export const distanceBits = 10;

/**
 * An entry: bits 0-3 how many bits it takes, 4-5 what it ends with, 6-8 extra length bits that did not fit, 9-12 how many
 * literals it begins with, from 13 on the length it ends with. `none`: the code is longer than the index, or there is none.
 */
export const ends = { literal: 0 << 4, length: 1 << 4, block: 2 << 4, none: 3 << 4 } as const;
export const endMask = 3 << 4;
export const extraShift = 6;
export const literalsShift = 9;
export const lengthShift = 13;

const lengthBase = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const lengthExtra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];

/** What a symbol of the literal and length alphabet is, as an entry without its code's bits. -1: not a symbol. */
export const symbolEntry = Int32Array.from({ length: 288 }, (_, symbol) => {
  if (symbol < 256) return (1 << literalsShift) | ends.literal;
  if (symbol === 256) return ends.block;
  const base = lengthBase[symbol - 257];
  if (base === undefined) return -1;
  return (base << lengthShift) | ((lengthExtra[symbol - 257] ?? 0) << extraShift) | ends.length;
});

/** Extra bits and nearest distance of each distance symbol. */
export const distanceExtra = Uint8Array.from({ length: 30 }, (_, symbol) => Math.max(0, (symbol >> 1) - 1));
export const distanceBase = Uint16Array.from({ length: 30 }, (_, symbol) =>
  symbol < 2 ? symbol + 1 : ((2 + (symbol & 1)) << ((symbol >> 1) - 1)) + 1,
);

/** Canonical codes of one alphabet: how many of each length, and the symbols in the order of their codes. */
export interface Codes {
  readonly count: Uint16Array;
  readonly symbols: Uint16Array;
}
export const newCodes = (symbols: number): Codes => ({ count: new Uint16Array(16), symbols: new Uint16Array(symbols) });

const begin = new Uint16Array(17);

/** Fills `codes` from the code lengths `lengths[from..to)`. False when they claim more codes than there are. */
export function readCodes(codes: Codes, lengths: Uint8Array, from: number, to: number): boolean {
  const { count, symbols } = codes;
  count.fill(0);
  for (let at = from; at < to; at += 1) count[lengths[at] ?? 0]! += 1;
  count[0] = 0;
  let left = 1;
  begin[1] = 0;
  for (let bits = 1; bits < 16; bits += 1) {
    left = left * 2 - (count[bits] ?? 0);
    if (left < 0) return false;
    begin[bits + 1] = (begin[bits] ?? 0) + (count[bits] ?? 0);
  }
  for (let at = from; at < to; at += 1) {
    const bits = lengths[at] ?? 0;
    if (bits === 0) continue;
    symbols[begin[bits] ?? 0] = at - from;
    begin[bits]! += 1;
  }
  return true;
}

/** The symbol that `word` begins with (lowest bit first) as `symbol << 4 | bits`, or -1. Slow: one bit at a time. */
export function decode(codes: Codes, word: number): number {
  let code = 0;
  let first = 0;
  let index = 0;
  for (let bits = 1; bits < 16; bits += 1) {
    code |= (word >>> (bits - 1)) & 1;
    const count = codes.count[bits] ?? 0;
    if (code - first < count) return ((codes.symbols[index + code - first] ?? 0) << 4) | bits;
    index += count;
    first = (first + count) << 1;
    code <<= 1;
  }
  return -1;
}

/** Calls `each(symbol, bits, code)` for the codes of at most `longest` bits; `code` has its first bit lowest, as the stream has. */
function eachCode(codes: Codes, longest: number, each: (symbol: number, bits: number, code: number) => void): void {
  let code = 0;
  let index = 0;
  for (let bits = 1; bits <= longest; bits += 1) {
    for (let left = codes.count[bits] ?? 0; left > 0; left -= 1) {
      let reversed = 0;
      for (let bit = 0; bit < bits; bit += 1) reversed |= ((code >>> bit) & 1) << (bits - 1 - bit);
      each(codes.symbols[index] ?? 0, bits, reversed);
      code += 1;
      index += 1;
    }
    code <<= 1;
  }
}

const single = new Int32Array(1 << symbolBits);

/** Fills the table of literals and lengths. */
export function fillSymbolTable(table: Int32Array, codes: Codes): void {
  single.fill(ends.none);
  eachCode(codes, symbolBits, (symbol, bits, code) => {
    const entry = symbolEntry[symbol] ?? -1;
    if (entry >= 0) for (let at = code; at < single.length; at += 1 << bits) single[at] = entry | bits;
  });
  for (let at = 0; at < table.length; at += 1) table[at] = fuse(at);
}

/** The entry for index `at`: literals as long as whole codes are left in it, then a length or the block's end. */
function fuse(at: number): number {
  let taken = 0;
  let literals = 0;
  for (;;) {
    const entry = single[at >>> taken] ?? ends.none;
    const bits = entry & 15;
    const end = entry & endMask;
    if (end === ends.none || taken + bits > symbolBits) {
      return taken === 0 ? ends.none : (literals << literalsShift) | ends.literal | taken;
    }
    taken += bits;
    if (end === ends.literal) {
      literals += 1;
      continue;
    }
    let length = entry >>> lengthShift;
    let extra = (entry >>> extraShift) & 7;
    if (taken + extra <= symbolBits) {
      length += (at >>> taken) & ((1 << extra) - 1);
      taken += extra;
      extra = 0;
    }
    return (length << lengthShift) | (literals << literalsShift) | (extra << extraShift) | end | taken;
  }
}

/** Fills the table of distances: bits 0-4 how many bits code and extra bits take (0: too long), from 5 on the farthest distance it can be. */
export function fillDistanceTable(table: Int32Array, codes: Codes): void {
  table.fill(0);
  eachCode(codes, distanceBits, (symbol, bits, code) => {
    const extra = distanceExtra[symbol];
    if (extra === undefined) return;
    const entry = (((distanceBase[symbol] ?? 0) + (1 << extra) - 1) << 5) | (bits + extra);
    for (let at = code; at < table.length; at += 1 << bits) table[at] = entry;
  });
}

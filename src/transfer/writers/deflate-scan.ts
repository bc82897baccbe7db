import {
  decode,
  distanceBase,
  distanceBits,
  distanceExtra,
  endMask,
  ends,
  extraShift,
  fillDistanceTable,
  fillSymbolTable,
  lengthShift,
  literalsShift,
  newCodes,
  readCodes,
  symbolBits,
  symbolEntry,
} from './huffman.ts';

/** Where in the data, in bits from its start, the header of the last block begins and where that block ends. */
export interface DeflateScan {
  readonly lastBlockBit: number;
  readonly endBit: number;
}

const symbolTable = new Int32Array(1 << symbolBits);
const distanceTable = new Int32Array(1 << distanceBits);
const symbolCodes = newCodes(288);
const distanceCodes = newCodes(32);
const lengthCodes = newCodes(19);
const symbolMask = symbolTable.length - 1;
const distanceMask = distanceTable.length - 1;
const lengths = new Uint8Array(288 + 32);

/** The order in which a block gives the lengths of the codes of code lengths (RFC 1951, 3.2.7). */
const lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
/** Codes of code lengths that repeat: [how often at least, extra bits]. */
const repeats: Readonly<Record<number, readonly [number, number]>> = { 16: [3, 2], 17: [3, 3], 18: [11, 7] };

// The position in bits and the bytes given so far are this module's: the loops over blocks stay simple and nothing is allocated.
let position = 0;
let produced = 0;

/**
 * Steps over raw deflate data between bits `from` and `limit` of `view`, without producing what it stands for. Undefined when
 * it does not give exactly `expected` bytes, runs over `limit`, points before its own start, or is not deflate. Only a native
 * inflate knows that the data is right: this finds out where it ends. `view` must go on for 8 bytes behind `limit`.
 */
export function scanDeflate(view: DataView, from: number, limit: number, expected: number): DeflateScan | undefined {
  position = from;
  produced = 0;
  for (;;) {
    const lastBlockBit = position;
    const head = peek(view);
    position += 3;
    if (position > limit || !skimBlock(view, (head >>> 1) & 3, limit)) return undefined;
    if (position > limit || produced > expected) return undefined;
    if ((head & 1) === 1) return produced === expected ? { lastBlockBit, endBit: position } : undefined;
  }
}

/** The next 25 bits at least. */
function peek(view: DataView): number {
  return view.getUint32(position >>> 3, true) >>> (position & 7);
}

function skimBlock(view: DataView, type: number, limit: number): boolean {
  if (type === 0) return skimStored(view, limit);
  if (type === 1) useFixedCodes();
  else if (type !== 2 || !readDynamicCodes(view, limit)) return false;
  return skimSymbols(view, limit);
}

function skimStored(view: DataView, limit: number): boolean {
  position = Math.ceil(position / 8) * 8;
  if (position + 32 > limit) return false;
  const length = view.getUint16(position >>> 3, true);
  if ((length ^ view.getUint16((position >>> 3) + 2, true)) !== 0xffff) return false;
  position += 32 + length * 8;
  produced += length;
  return position <= limit;
}

function useFixedCodes(): void {
  lengths.fill(8, 0, 144).fill(9, 144, 256).fill(7, 256, 280).fill(8, 280, 288).fill(5, 288, 320);
  readCodes(symbolCodes, lengths, 0, 288);
  readCodes(distanceCodes, lengths, 288, 320);
  fillSymbolTable(symbolTable, symbolCodes);
  fillDistanceTable(distanceTable, distanceCodes);
}

function readDynamicCodes(view: DataView, limit: number): boolean {
  const head = peek(view);
  const symbols = 257 + (head & 31);
  const total = symbols + 1 + ((head >>> 5) & 31);
  const codes = 4 + ((head >>> 10) & 15);
  position += 14;
  if (symbols > 286 || position + codes * 3 > limit) return false;
  lengths.fill(0, 0, 19);
  for (const symbol of lengthOrder.slice(0, codes)) {
    lengths[symbol] = peek(view) & 7;
    position += 3;
  }
  if (!readCodes(lengthCodes, lengths, 0, 19) || !readLengths(view, total, limit)) return false;
  if (!readCodes(symbolCodes, lengths, 0, symbols) || !readCodes(distanceCodes, lengths, symbols, total)) return false;
  fillSymbolTable(symbolTable, symbolCodes);
  fillDistanceTable(distanceTable, distanceCodes);
  return true;
}

function readLengths(view: DataView, total: number, limit: number): boolean {
  for (let at = 0; at < total;) {
    if (position > limit) return false;
    const word = peek(view);
    const found = decode(lengthCodes, word);
    if (found < 0) return false;
    const bits = found & 15;
    const symbol = found >>> 4;
    position += bits;
    const repeat = repeats[symbol];
    if (repeat === undefined) {
      lengths[at++] = symbol;
      continue;
    }
    const [least, extra] = repeat;
    const times = least + ((word >>> bits) & ((1 << extra) - 1));
    position += extra;
    if (at + times > total || (symbol === 16 && at === 0)) return false;
    lengths.fill(symbol === 16 ? (lengths[at - 1] ?? 0) : 0, at, at + times);
    at += times;
  }
  return position <= limit;
}

/**
 * The hot loop: one turn is two look-ups of literals, or fewer and a length with its distance. 25 bits are enough for two
 * indexes, and for the extra bits of a length and the index of its distance.
 */
function skimSymbols(view: DataView, limit: number): boolean {
  let at = position;
  let given = produced;
  while (at <= limit) {
    const word = view.getUint32(at >>> 3, true) >>> (at & 7);
    let entry = symbolTable[word & symbolMask]!;
    if ((entry & endMask) === ends.literal) {
      at += entry & 15;
      given += (entry >>> literalsShift) & 15;
      entry = symbolTable[(word >>> (entry & 15)) & symbolMask]!;
    }
    if ((entry & endMask) === ends.none) entry = longSymbol(view, at);
    if (entry < 0) return false;
    at += entry & 15;
    given += (entry >>> literalsShift) & 15;
    if ((entry & endMask) === ends.literal) continue;
    if ((entry & endMask) === ends.block) {
      position = at;
      produced = given;
      return true;
    }
    const extra = (entry >>> extraShift) & 7;
    const before = given;
    const far = view.getUint32(at >>> 3, true) >>> (at & 7);
    at += extra;
    given += (entry >>> lengthShift) + (far & ((1 << extra) - 1));
    const distance = distanceTable[(far >>> extra) & distanceMask]!;
    const bits = distance === 0 || distance >>> 5 > before ? anyDistance(view, at, before) : distance & 31;
    if (bits < 0) return false;
    at += bits;
  }
  return false;
}

/** The entry of a code that is too long for the table; -1: there is no such code. */
function longSymbol(view: DataView, at: number): number {
  position = at;
  const found = decode(symbolCodes, peek(view));
  return found < 0 ? -1 : (symbolEntry[found >>> 4] ?? -1) | (found & 15);
}

/** Bits that the distance at bit `at` takes, looked at exactly; -1: no such code, or it points farther back than `before` bytes. */
function anyDistance(view: DataView, at: number, before: number): number {
  position = at;
  const found = decode(distanceCodes, peek(view));
  const base = found < 0 ? undefined : distanceBase[found >>> 4];
  if (base === undefined) return -1;
  const extra = distanceExtra[found >>> 4] ?? 0;
  position += found & 15;
  const distance = base + (peek(view) & ((1 << extra) - 1));
  return distance > before ? -1 : (found & 15) + extra;
}

import { findingError } from './findings.ts';
import { hasText } from './byte-reader.ts';

export const recordBytes = 512;

/** One header of an archive. `bytes` is what of the archive its data takes up. */
export interface TarHeader {
  readonly name: string;
  readonly type: string;
  readonly bytes: number;
}

/** Whether these bytes are the header of a tar archive of any age: by its own checksum, which the oldest have instead of a magic number. */
export function isTarHeader(header: Buffer): boolean {
  if (header.length < recordBytes || header[0] === 0) return false;
  const said = octal(header, 148, 8);
  return said !== undefined && said > 0 && sums(header).includes(said) && sizeOf(header) !== undefined;
}

/** What of the archive the data of a member takes up, where the header says that. */
const sizeOf = (header: Buffer): number | undefined => (((header[124] ?? 0) & 0x80) !== 0 ? 0 : octal(header, 124, 12));

/** Throws INTEGRITY (`tar_header`) where it is broken. */
export function parseTarHeader(header: Buffer): TarHeader {
  if (!sums(header).includes(numberAt(header, 148, 8)))
    throw findingError('tar_header', 'the checksum of an archive header is wrong');
  return { name: tarName(header), type: String.fromCharCode(header[156] ?? 0), bytes: numberAt(header, 124, 12) };
}

/** The sum of all bytes, those of the checksum counted as spaces; some old programs took bytes for signed. */
function sums(header: Buffer): readonly number[] {
  let [plain, signed] = [8 * 32, 8 * 32];
  for (let at = 0; at < recordBytes; at += 1) {
    if (at >= 148 && at < 156) continue;
    plain += header[at] ?? 0;
    signed += header.readInt8(at);
  }
  return [plain, signed];
}

/** The name in a header, which another header in front of it may overrule. */
export function tarName(header: Buffer): string {
  const field = (from: number, to: number) => header.toString('utf8', from, to).replace(/\0.*$/s, '');
  const prefix = hasText(header, 257, 'ustar\0') ? field(345, 500) : '';
  return prefix === '' ? field(0, 100) : `${prefix}/${field(0, 100)}`;
}

function octal(header: Buffer, from: number, length: number): number | undefined {
  const text = header
    .toString('latin1', from, from + length)
    .replace(/[\0 ]+$/, '')
    .trim();
  return /^[0-7]+$/.test(text) ? parseInt(text, 8) : undefined;
}

/** Octal text, or, with the first bit set, a big-endian number (GNU, for 8 GiB and more). Throws INTEGRITY for anything else. */
export function numberAt(header: Buffer, from: number, length: number): number {
  if ((header[from] ?? 0) & 0x80) {
    if (header.readUInt32BE(from) !== 0x80000000) throw findingError('tar_header', 'a number in an archive header is too large');
    return header.readUIntBE(from + length - 6, 6);
  }
  const text = header
    .toString('latin1', from, from + length)
    .replace(/[\0 ]+$/, '')
    .trim();
  if (!/^[0-7]+$/.test(text)) throw findingError('tar_header', 'a number in an archive header is not one');
  return parseInt(text, 8);
}

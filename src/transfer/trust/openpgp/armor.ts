import { Malformed } from './octets.ts';

/** The bytes of a line without the whitespace at its end, and where the next line begins. */
export interface Line {
  readonly start: number;
  readonly end: number;
  readonly next: number;
}

const newline = 0x0a;
/** Space, tab, carriage return. */
const isBlank = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0d;

export function lineAt(bytes: Buffer, start: number): Line {
  const found = bytes.indexOf(newline, start);
  const stop = found < 0 ? bytes.length : found;
  let end = stop;
  while (end > start && isBlank(bytes[end - 1])) end--;
  return { start, end, next: found < 0 ? bytes.length : found + 1 };
}

export const isLine = (bytes: Buffer, line: Line, text: string): boolean =>
  line.end - line.start === text.length && bytes.toString('latin1', line.start, line.end) === text;

const base64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * The bytes of the block of `kind` (such as `SIGNATURE`) that begins at `start`, and where it ends. Its checksum is not looked at: RFC 9580
 * forbids to refuse anything because of it. Malformed: it is damaged, or has no end.
 */
export function armorAt(bytes: Buffer, start: number, kind: string): { readonly data: Buffer; readonly next: number } {
  const lines: string[] = [];
  let line = lineAt(bytes, lineAt(bytes, start).next);
  // Headers, up to an empty line.
  while (line.end > line.start) {
    if (line.next >= bytes.length || !bytes.subarray(line.start, line.end).includes(': '))
      throw new Malformed('damaged armor: a header that is none');
    line = lineAt(bytes, line.next);
  }
  for (;;) {
    if (line.next >= bytes.length && !isLine(bytes, line, `-----END PGP ${kind}-----`)) throw new Malformed('cut short');
    if (isLine(bytes, line, `-----END PGP ${kind}-----`)) break;
    const text = bytes.toString('latin1', line.start, line.end);
    if (base64.test(text)) lines.push(text);
    else if (text !== '' && !text.startsWith('=')) throw new Malformed('damaged armor');
    line = lineAt(bytes, line.next);
  }
  return { data: Buffer.from(lines.join(''), 'base64'), next: line.next };
}

/** What is binary as it is; of what is armored all blocks of `kind`, whatever stands around them. Malformed: neither. */
export function dearmored(input: Uint8Array, kind: string): readonly Buffer[] {
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.length);
  if ((bytes[0] ?? 0) & 0x80) return [bytes];
  const head = `-----BEGIN PGP ${kind}-----`;
  const blocks: Buffer[] = [];
  for (let at = 0; ;) {
    const start = bytes.indexOf(head, at, 'latin1');
    if (start < 0) break;
    at = start + head.length;
    if (start > 0 && bytes[start - 1] !== newline) continue;
    const block = armorAt(bytes, start, kind);
    blocks.push(block.data);
    at = block.next;
  }
  if (blocks.length === 0) throw new Malformed('neither binary nor armored');
  return blocks;
}

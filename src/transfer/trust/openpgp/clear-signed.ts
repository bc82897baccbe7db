import { armorAt, isLine, lineAt, type Line } from './armor.ts';
import { Malformed } from './octets.ts';

const dash = 0x2d;
const space = 0x20;
const newline = 0x0a;
const carriageReturn = 0x0d;
const begin = '-----BEGIN PGP SIGNED MESSAGE-----';
const signatureBegin = '-----BEGIN PGP SIGNATURE-----';

/** The two parts of a clear-signed document, of which nothing is proved yet. */
export interface ClearSigned {
  /** Without escapes and without whitespace at the ends of lines, `\n` between them. */
  readonly text: Buffer;
  /** Packets. */
  readonly signature: Buffer;
}

/**
 * Takes a document apart (RFC 9580, section 7). Malformed: it is not signed, has anything before or behind the signed message, or headers
 * that could be taken for signed text.
 */
export function readClearSigned(document: Uint8Array): ClearSigned {
  const bytes = Buffer.from(document.buffer, document.byteOffset, document.length);
  let line = lineAt(bytes, 0);
  if (!isLine(bytes, line, begin))
    throw new Malformed(bytes.includes(begin) ? 'has text before what is signed' : 'carries no signature');
  for (line = lineAt(bytes, line.next); line.end > line.start; line = lineAt(bytes, line.next)) {
    const header = bytes.toString('latin1', line.start, Math.min(line.end, line.start + 200));
    if (!/^Hash: [A-Za-z0-9, -]+$/.test(header))
      throw new Malformed('has a header before the signed text that is not signed itself');
  }
  const { text, end } = asItStands(bytes, line.next) ?? unescaped(bytes, line.next);
  const signature = armorAt(bytes, end.start, 'SIGNATURE');
  for (let at = signature.next; at < bytes.length; at = line.next) {
    line = lineAt(bytes, at);
    if (line.end > line.start) throw new Malformed('has text behind what is signed');
  }
  return { text, signature: signature.data };
}

interface SignedPart {
  readonly text: Buffer;
  /** The line in which its signature begins. */
  readonly end: Line;
}

/** What makes a text another one than its bytes: whitespace at the end of a line. */
const trailing = ['\r', ' \n', '\t\n'] as const;

/** A text that stands there as it is signed, without a copy of it. Absent: it has to be read line by line. */
function asItStands(bytes: Buffer, start: number): SignedPart | undefined {
  const dashed = bytes.indexOf('\n-', start - 1);
  const end = lineAt(bytes, dashed + 1);
  if (dashed < start || !isLine(bytes, end, signatureBegin)) return undefined;
  const whole = bytes.subarray(start, dashed + 1);
  return trailing.some((blank) => whole.includes(blank)) ? undefined : { text: whole.subarray(0, -1), end };
}

/** The text up to the line where its signature begins. */
function unescaped(bytes: Buffer, start: number): SignedPart {
  const text = Buffer.allocUnsafe(bytes.length - start);
  let length = 0;
  for (let at = start; at < bytes.length;) {
    const line = lineAt(bytes, at);
    let from = line.start;
    if (bytes[from] === dash) {
      if (bytes[from + 1] === space) from = Math.min(from + 2, line.end);
      // The end of the last line is not signed.
      else if (isLine(bytes, line, signatureBegin)) return { text: text.subarray(0, Math.max(0, length - 1)), end: line };
      else throw new Malformed('has a line in the signed text that begins with a dash');
    }
    length += bytes.copy(text, length, from, line.end);
    text[length++] = newline;
    at = line.next;
  }
  throw new Malformed('ends before its signature');
}

const chunkLength = 65_536;

/** The text as it is hashed: `\r\n` between its lines. Each chunk is good only until the next one is asked for. */
export function* canonicalText(text: Buffer): Generator<Buffer, void, undefined> {
  const chunk = Buffer.allocUnsafe(2 * chunkLength);
  for (let at = 0; at < text.length; at += chunkLength) {
    const end = Math.min(at + chunkLength, text.length);
    let length = 0;
    for (let from = at; from < end; from++) {
      const byte = text[from] ?? 0;
      if (byte === newline) chunk[length++] = carriageReturn;
      chunk[length++] = byte;
    }
    yield chunk.subarray(0, length);
  }
}

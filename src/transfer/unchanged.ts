import { integrityError } from '../core/errors.ts';
import type { Bytes } from '../core/http.ts';
import { formatOf } from './formats/recognise.ts';
import { refusal } from './formats/findings.ts';
import type { Inspection } from './formats/inspection.ts';
import { heldBack } from './held-back.ts';

/** The end of a file that formats are recognised by, at most. */
const tailBytes = 1536;

/** The same bytes, which must begin with those that were looked at: a server may give others the second time. Throws INTEGRITY. */
export async function* beginningWith(prefix: Uint8Array, bytes: Bytes, name: string): Bytes {
  let at = 0;
  for await (const chunk of bytes) {
    const length = Math.min(chunk.length, prefix.length - at);
    if (length > 0 && Buffer.compare(chunk.subarray(0, length), prefix.subarray(at, at + length)) !== 0)
      throw integrityError(`${name} is not what it was when it was looked at`, {
        hint: 'something changes it meanwhile; try again',
      });
    at += Math.max(0, length);
    yield chunk;
  }
  if (at < prefix.length) throw integrityError(`${name} has become shorter since it was looked at`);
}

/**
 * The bytes of a disk without tables, of which only the beginning was looked at. Some formats are known by their end alone:
 * throws INTEGRITY there, before the last chunk is given, when that makes the disk something else.
 */
export async function* withSameEnd(bytes: Bytes, inspection: Inspection, name: string, total: number | undefined): Bytes {
  const head = Buffer.alloc(70 << 10);
  const tail = Buffer.alloc(tailBytes);
  let size = 0;
  let kept = 0;
  async function* watched(): Bytes {
    for await (const chunk of bytes) {
      if (size < head.length) head.set(chunk.subarray(0, head.length - size), size);
      size += chunk.length;
      const last = chunk.subarray(Math.max(0, chunk.length - tailBytes));
      tail.copyWithin(0, last.length);
      tail.set(last, tailBytes - last.length);
      kept = Math.min(tailBytes, kept + last.length);
      yield chunk;
    }
  }
  const atEnd = (): void => {
    const ends = { size, head: head.subarray(0, Math.min(size, head.length)), tail: tail.subarray(tailBytes - kept) };
    const found = formatOf(ends, { reject: () => undefined, warn: () => undefined });
    if (found.name !== inspection.format)
      throw refusal('multiple_formats', `${name} begins as ${inspection.format} and ends as ${found.name}: give it as a file`);
  };
  yield* heldBack(watched(), total, atEnd);
}

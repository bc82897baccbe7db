import type { Bytes } from '../core/http.ts';
import { findingError } from './formats/findings.ts';
import { asNamed, inspect } from './formats/index.ts';
import type { Inspection } from './formats/inspection.ts';
import { sourceOfEnds } from './formats/byte-reader.ts';
import { withholdTail } from './withhold-tail.ts';

/** So much of the beginning and of the end is kept: enough for every header, and for the tables of partitions at both ends. */
const headBytes = 128 << 10;
const tailBytes = 64 << 10;
/** The footer behind the disk in a fixed VHD. */
const footerBytes = 512;

/** A disk without tables that comes as a stream, of which only the beginning was looked at. */
interface Begun {
  readonly name: string;
  readonly fileName?: string | undefined;
  /** As which it begins. */
  readonly inspection: Inspection;
  /** How many bytes come, where that is known and promised: nothing can be left out then. */
  readonly total?: number | undefined;
  /** Is told what the disk is, once its end has come; may throw. */
  judge(found: Inspection): void;
}

/**
 * The bytes of a disk without tables. Some formats are known by their end alone: there the whole is judged, before the last bytes are
 * given. The footer that makes a fixed VHD of a disk is left out. Throws INTEGRITY for what ends as anything else, and what `judge` throws.
 */
export async function* checkFooter(bytes: Bytes, { name, fileName, inspection, total, judge }: Begun): Bytes {
  const ends = keepEnds();
  const atEnd = async (): Promise<number> => {
    const whole = await inspect(sourceOfEnds(ends.head(), ends.tail(), ends.size()));
    const found = asNamed(whole, fileName, inspection.compression);
    judge(found);
    if (found.format === inspection.format) return 0;
    const isFixedVhd = found.format === 'vhd' && found.subformat === 'fixed';
    if (isFixedVhd && total === undefined) return footerBytes;
    const message = `${name} begins as ${inspection.format} and ends as ${found.format}`;
    throw findingError('multiple_formats', message, isFixedVhd ? 'If it is a VHD, say so: --from-format vhd' : undefined);
  };
  yield* withholdTail(ends.watch(bytes), total, atEnd, footerBytes);
}

function keepEnds() {
  const head = Buffer.alloc(headBytes);
  const tail = Buffer.alloc(tailBytes);
  let size = 0;
  let kept = 0;
  return {
    size: () => size,
    head: () => head.subarray(0, Math.min(size, headBytes)),
    tail: () => tail.subarray(tailBytes - kept),
    async *watch(bytes: Bytes): Bytes {
      for await (const chunk of bytes) {
        if (size < headBytes) head.set(chunk.subarray(0, headBytes - size), size);
        size += chunk.length;
        const last = chunk.subarray(Math.max(0, chunk.length - tailBytes));
        tail.copyWithin(0, last.length);
        tail.set(last, tailBytes - last.length);
        kept = Math.min(tailBytes, kept + last.length);
        yield chunk;
      }
    },
  };
}

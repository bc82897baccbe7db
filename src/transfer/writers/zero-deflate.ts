import { deflateUnitNow } from './deflate.ts';

/** Patterns exist for 1, 2, 4 … 4 MiB zeros; `copies` of the largest one make a chunk worth sending. */
const largest = 22;
const copies = 16;

const zeros = Buffer.alloc(2 ** largest);
const patterns = new Map<number, Uint8Array>();

/** Deflated 2^power zeros, on byte borders at both ends, made once. */
function pattern(power: number): Uint8Array {
  const known = patterns.get(power);
  if (known !== undefined) return known;
  const made = Uint8Array.from(deflateUnitNow(zeros.subarray(0, 2 ** power), 9));
  patterns.set(power, made);
  return made;
}

let batch: Uint8Array | undefined;

/** Raw deflate data that stands for `length` zeros, in pieces, about 1 byte for 1000: pasted, not compressed. */
export function* deflatedZeros(length: number): Generator<Uint8Array> {
  const batchBytes = copies * 2 ** largest;
  let left = length;
  for (; left >= batchBytes; left -= batchBytes) {
    batch ??= Buffer.concat(Array.from({ length: copies }, () => pattern(largest)));
    yield batch;
  }
  const rest: Uint8Array[] = [];
  for (let power = largest; left > 0; power -= 1) {
    for (; left >= 2 ** power; left -= 2 ** power) rest.push(pattern(power));
  }
  if (rest.length > 0) yield Buffer.concat(rest);
}

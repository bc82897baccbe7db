/** One MiB of zeros, shared by everybody. Never written to. */
export const zeroMiB: Buffer = Buffer.from(new ArrayBuffer(1 << 20));

/** `length` zeros in pieces of at most 1 MiB, all of them views of one buffer. */
export function* zeroPieces(length: number): Generator<Uint8Array> {
  for (let left = length; left > 0; left -= zeroMiB.length) yield zeroMiB.subarray(0, Math.min(left, zeroMiB.length));
}

/** Whether there is nothing but zeros in `bytes`. Data is told apart at its first byte that is not zero. */
export function isZero(bytes: Uint8Array): boolean {
  if (bytes.buffer === zeroMiB.buffer) return true;
  for (let from = 0; from < bytes.length; from += zeroMiB.length) {
    const to = Math.min(from + zeroMiB.length, bytes.length);
    if (zeroMiB.compare(bytes, from, to, 0, to - from) !== 0) return false;
  }
  return true;
}

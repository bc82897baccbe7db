export const sector = 512;
export const KiB = 1024;
export const MiB = KiB * KiB;

/** The same numbers for the same seed: 32 bits each. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>>= 0);
  };
}

/** A disk with text, noise and a lot of zeros in it; begins with a partition table of one partition. */
export function guestDisk(bytes: number, seed = 1): Buffer {
  const next = randomNumbers(seed);
  const disk = Buffer.alloc(bytes);
  for (let at = 0; at + 4 <= bytes;) {
    const kind = next() % 4;
    const end = Math.min(bytes - 3, at + 3000 + (next() % 90_000));
    if (kind === 0) for (; at < end; at += 4) disk.writeUInt32LE(next(), at);
    else if (kind === 1) for (; at < end; at += 4) disk.writeUInt32LE(0x20746164 + (next() % 3), at);
    else at = end + (next() % 100_000);
  }
  disk.fill(0, 0, Math.min(sector, bytes));
  disk.set([0x80, 0, 2, 0, 0x83, 0, 0, 0, 1, 0, 0, 0, 100, 0, 0, 0], 446);
  disk.set([0x55, 0xaa], 510);
  return disk;
}

export const isZero = (bytes: Buffer): boolean => bytes.every((byte) => byte === 0);
export const padded = (bytes: Buffer, unit: number): Buffer =>
  Buffer.concat([bytes, Buffer.alloc(Math.ceil(bytes.length / unit) * unit - bytes.length)]);

/** Pieces of `size` bytes, the last one filled up with zeros. */
export function pieces(disk: Buffer, size: number): Buffer[] {
  const count = Math.ceil(disk.length / size);
  return Array.from({ length: count }, (_, index) => padded(disk.subarray(index * size, (index + 1) * size), size));
}

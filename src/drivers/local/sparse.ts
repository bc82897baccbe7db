import type { FileHandle } from 'node:fs/promises';

/** What file systems give room by. */
const blockBytes = 4096;
/** Most zeros come in long rows, which are seen at once. */
const zeros = Buffer.alloc(1024 * 1024);

const isZero = (bytes: Uint8Array): boolean =>
  bytes.length <= zeros.length && zeros.compare(bytes, 0, bytes.length, 0, bytes.length) === 0;

/** Writes bytes at a place of a file that has none there yet. Blocks of zeros are left out: they are holes, and read as zeros. */
export async function writeSparsely(handle: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  if (isZero(bytes)) return;
  let from: number | undefined;
  for (let offset = 0; offset < bytes.length;) {
    const end = Math.min(bytes.length, offset + blockBytes - ((at + offset) % blockBytes));
    if (!isZero(bytes.subarray(offset, end))) from ??= offset;
    else if (from !== undefined) {
      await writeAll(handle, bytes.subarray(from, offset), at + from);
      from = undefined;
    }
    offset = end;
  }
  if (from !== undefined) await writeAll(handle, bytes.subarray(from), at + from);
}

/** A write may take fewer bytes than it is given. */
async function writeAll(handle: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
}

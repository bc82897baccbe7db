import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { StoredBlock } from '../../core/blocks.ts';
import { ImgctlError, integrityError, unsupportedError } from '../../core/errors.ts';
import { collector } from '../../host/garbage-collection.ts';
import { unzstdExactly } from '../formats/zstd.ts';

const gunzipping = promisify(gunzip);
/** What was unpacked was in use for long: it is not found by collecting what is young. */
const collect = collector('whole');
const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** The disk's bytes in a block as it came. Throws INTEGRITY unless both are those that the block is known by. */
export async function unpackBlock(block: StoredBlock, stored: Uint8Array): Promise<Uint8Array> {
  const where = `the block at byte ${block.offset}`;
  if (stored.length !== block.bytes) throw integrityError(`${where} has ${stored.length} bytes, expected ${block.bytes}`);
  if (sha256Of(stored) !== block.sha256) throw integrityError(`${where} is damaged: its SHA-256 is not ${block.sha256}`);
  // Of what is kept as it is both digests are one.
  if (block.compression === undefined && block.content === block.sha256 && block.length === block.bytes) return stored;
  const bytes = await unpacked(block, stored, where);
  collect(bytes.length);
  // Of what is kept as it is there is one digest.
  const content = bytes === stored ? block.sha256 : sha256Of(bytes);
  if (bytes.length !== block.length || content !== block.content)
    throw integrityError(`${where} is not what the image says of it: its content does not have the SHA-256 ${block.content}`);
  return bytes;
}

async function unpacked({ compression, length }: StoredBlock, stored: Uint8Array, where: string): Promise<Uint8Array> {
  if (compression === undefined) return stored;
  if (compression !== 'gzip' && compression !== 'zstd') throw unsupportedError(`${where} is compressed with ${compression}`);
  try {
    return compression === 'zstd'
      ? await unzstdExactly(stored, length)
      : await gunzipping(stored, { maxOutputLength: length, chunkSize: length + 64 });
  } catch (error) {
    if (error instanceof ImgctlError) throw error;
    throw integrityError(`${where} cannot be decompressed: ${String(error)}`, { cause: error });
  }
}

import { integrityError } from '../../core/errors.ts';
import type { StoredBlock, StoredDisk } from '../../core/blocks.ts';
import type { Bytes } from '../../core/http.ts';
import { isObject, parseJson, type Descriptor } from './manifest.ts';
import { compressionOfBlock } from './media-types.ts';

/**
 * A block of a disk: where it begins, the digest of its bytes, and that of the blob that holds them. A block that is compressed
 * otherwise elsewhere is the same block by its content.
 */
export interface ListedBlock {
  readonly offset: number;
  readonly content: string;
  readonly blob: string;
}

/**
 * The blocks of a disk, in ascending order; what is in none is zeros. Its text is a blob of its own, apart from the record: by its
 * digest the disk is known, which stays what it is when the record changes, and who lists images need not read it.
 */
export interface BlockList {
  /** Length of the disk. */
  readonly bytes: number;
  /** Length of every block but the one at the end of the disk. */
  readonly blockBytes: number;
  readonly blocks: readonly ListedBlock[];
}

/** The text of a list: written once, for its digest is its name. */
export const blockListText = ({ bytes, blockBytes, blocks }: BlockList): string => JSON.stringify({ bytes, blockBytes, blocks });

const isLength = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const isDigest = (value: unknown): value is string => typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value);
const isBlock = (value: unknown): value is ListedBlock =>
  isObject(value) && isLength(value.offset) && isDigest(value.content) && isDigest(value.blob);

/** A text as a list. Throws INTEGRITY where it is none. */
export function blockListOf(text: string, shown: string): BlockList {
  const { bytes, blockBytes, blocks } = parseJson(text) ?? {};
  if (isLength(bytes) && isLength(blockBytes) && blockBytes > 0 && Array.isArray(blocks) && blocks.every(isBlock))
    return { bytes, blockBytes, blocks };
  throw integrityError(`the list of the blocks of ${shown} is damaged`);
}

/** A list with the blobs that it names, which `open` reads. Throws INTEGRITY for a block that is no layer of the image. */
export function diskInBlocks(
  { bytes, blockBytes, blocks }: BlockList,
  layers: readonly Descriptor[],
  open: (blob: Descriptor) => Bytes,
): StoredDisk {
  const byDigest = new Map(layers.map((layer) => [layer.digest, layer]));
  const stored = ({ offset, content, blob }: ListedBlock): StoredBlock => {
    const layer = byDigest.get(blob);
    if (!layer) throw integrityError(`the image has no layer ${blob}, which its disk has at byte ${offset}`);
    const compression = compressionOfBlock(layer.mediaType);
    return {
      offset,
      length: Math.min(blockBytes, bytes - offset),
      content: hexOf(content),
      bytes: layer.size,
      sha256: hexOf(blob),
      ...(compression === undefined ? {} : { compression }),
      open: () => open(layer),
    };
  };
  return { bytes, blocks: blocks.map(stored) };
}

const hexOf = (digest: string): string => digest.slice('sha256:'.length);

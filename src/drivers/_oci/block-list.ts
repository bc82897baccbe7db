import { integrityError } from '../../core/errors.ts';
import type { StoredBlock, StoredDisk } from '../../core/blocks.ts';
import type { Bytes } from '../../core/http.ts';
import { isObject, parseJson } from '../../core/json.ts';
import type { Descriptor } from './manifest.ts';
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

/** Each is held in memory by whoever reads or writes it: no list has longer ones. */
export const longestBlock = 64 * 1024 ** 2;

const isLength = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const isDigest = (value: unknown): value is string => typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value);
const isBlock = (value: unknown): value is ListedBlock =>
  isObject(value) && isLength(value.offset) && isDigest(value.content) && isDigest(value.blob);

/** Whether each block lies where a disk of this length is cut, behind the one before it. */
const areOf = (bytes: number, blockBytes: number, blocks: readonly ListedBlock[]): boolean =>
  blocks.every(({ offset }, at) => offset % blockBytes === 0 && offset < bytes && offset > (blocks[at - 1]?.offset ?? -1));

/** A text as a list. Throws INTEGRITY where it is none of a disk: blocks lie over each other or past its end, or are longer than any is. */
export function blockListOf(text: string, shown: string): BlockList {
  const { bytes, blockBytes, blocks } = parseJson(text) ?? {};
  const isCut = isLength(bytes) && isLength(blockBytes) && blockBytes > 0 && blockBytes <= longestBlock;
  if (isCut && Array.isArray(blocks) && blocks.every(isBlock) && areOf(bytes, blockBytes, blocks))
    return { bytes, blockBytes, blocks };
  throw integrityError(`the list of the blocks of ${shown} is damaged`);
}

/**
 * The layers that the blocks of a list are, by digest. Throws INTEGRITY for a block that is no layer of the image, and for a layer that
 * is longer than its block, as none is kept; UNSUPPORTED for one of a type that is not known.
 */
export function layersOf(
  { bytes, blockBytes, blocks }: BlockList,
  layers: readonly Descriptor[],
): ReadonlyMap<string, Descriptor> {
  const all = new Map(layers.map((layer) => [layer.digest, layer]));
  const used = new Map<string, Descriptor>();
  for (const { offset, blob } of blocks) {
    const layer = all.get(blob);
    if (!layer) throw integrityError(`the image has no layer ${blob}, which its disk has at byte ${offset}`);
    const length = Math.min(blockBytes, bytes - offset);
    if (!isLength(layer.size) || layer.size === 0 || layer.size > length)
      throw integrityError(`the layer ${blob} has ${layer.size} bytes, but is a block of ${length}`);
    compressionOfBlock(layer.mediaType);
    used.set(blob, layer);
  }
  return used;
}

/** A list with the blobs that it names, which `open` reads, into memory if it can. Throws as `layersOf` does. */
export function diskInBlocks(
  list: BlockList,
  layers: readonly Descriptor[],
  open: (blob: Descriptor, into?: Uint8Array) => Bytes,
): StoredDisk {
  const { bytes, blockBytes, blocks } = list;
  const byDigest = layersOf(list, layers);
  const stored = ({ offset, content, blob }: ListedBlock): readonly StoredBlock[] => {
    const layer = byDigest.get(blob);
    if (!layer) return [];
    const compression = compressionOfBlock(layer.mediaType);
    return [
      {
        offset,
        length: Math.min(blockBytes, bytes - offset),
        content: hexOf(content),
        bytes: layer.size,
        sha256: hexOf(blob),
        ...(compression === undefined ? {} : { compression }),
        open: (into) => open(layer, into),
      },
    ];
  };
  return { bytes, blocks: blocks.flatMap(stored) };
}

const hexOf = (digest: string): string => digest.slice('sha256:'.length);

import type { Block, BlockFacts, BlockForm } from '../../core/blocks.ts';
import { limitError } from '../../core/errors.ts';
import type { Extra } from '../../core/operation.ts';
import { blockListText, longestBlock, type ListedBlock } from './block-list.ts';
import { manifestIn } from './image-documents.ts';
import type { Descriptor } from './manifest.ts';

/** A raw disk as one blob, or as many, each of which is known by its digest. */
export type Layout = 'single' | 'layers';

/** The choice for one upload. */
export const layoutExtra: Extra = {
  kind: 'text',
  choices: ['layers', 'single'],
  help: '`layers` or `single`: a raw disk as many blobs, or as one; default: as the profile says',
};

const smallestBlock = 4 * 1024 ** 2;
/** Where nobody knows how long the disk is: a stream. */
const blockOfStream = 8 * 1024 ** 2;
/** Above this many, blocks are twice as long, up to the longest there are. */
const usualLayers = 4096;
/** A layer is 160 bytes of a manifest, and not every registry takes one of more than 2 MiB. */
const mostLayers = 12_000;

/** How a raw disk is taken in layers: each block is a blob, and zeros are none. */
export const layers = {
  bytes: smallestBlock,
  order: 'any',
  concurrency: 4,
  sparse: true,
  digest: 'sha256',
  knownByBlocks: true,
} as const satisfies BlockFacts;

/** Whether a content becomes layers: a raw disk of more than one block, unless it is to be one blob. `usual`: as the profile says. */
export function goesInLayers(usual: Layout, { content: { encoding, bytes }, extras, original }: BlockForm): boolean {
  const layout = extras.layout ?? layoutOf(original) ?? usual;
  const isRaw = encoding.format === 'raw' && encoding.compression === undefined;
  return layout === 'layers' && isRaw && (bytes ?? Infinity) > smallestBlock;
}

/** What an image that is taken over word for word is made of where it comes from. */
function layoutOf(original: BlockForm['original']): Layout | undefined {
  const manifest = manifestIn(original);
  return manifest && (manifest.blocks ? 'layers' : 'single');
}

/** The least power of two, from `least` on, that cuts a disk into no more than the usual number of blocks; of a larger disk the longest there is. */
export function blockBytesOf(bytes: number | undefined, least = smallestBlock): number {
  let length = bytes === undefined ? blockOfStream : least;
  while (length < longestBlock && (bytes ?? 0) / length > usualLayers) length *= 2;
  return length;
}

/** Digest of a block's bytes, in hex. */
export const hexOf = ({ digest }: Pick<Block, 'digest'>): string => Buffer.from(digest ?? new Uint8Array()).toString('hex');

/** The blocks of a disk as they come, in any order. */
export class LayerList {
  readonly #blockBytes: number;
  readonly #listed = new Map<number, ListedBlock>();
  readonly #blobs = new Map<string, Descriptor>();

  constructor(blockBytes: number) {
    this.#blockBytes = blockBytes;
  }

  /** A block, and the blob that it is. Throws LIMIT for one too many. */
  add(block: Block, blob: Descriptor): void {
    this.#listed.set(block.index, { offset: block.offset, content: `sha256:${hexOf(block)}`, blob: blob.digest });
    this.#blobs.set(blob.digest, blob);
    if (this.#listed.size > mostLayers)
      throw limitError(`the disk has more than ${mostLayers} blocks of ${this.#blockBytes} bytes`, {
        hint: 'Use --set layout=single, or save it to a file first, so that its length is known.',
      });
  }

  /** The text of the list, and the layers in order, of a disk that is so long. */
  finished(bytes: number): { readonly text: string; readonly blocks: readonly Descriptor[] } {
    const blocks = [...this.#listed].toSorted(([a], [b]) => a - b).map(([, block]) => block);
    const used = new Set(blocks.map(({ blob }) => blob));
    return {
      text: blockListText({ bytes, blockBytes: this.#blockBytes, blocks }),
      blocks: [...used].flatMap((digest) => this.#blobs.get(digest) ?? []),
    };
  }
}

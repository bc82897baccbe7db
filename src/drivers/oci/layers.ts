import type { Block, BlockFacts, BlockForm, BlockUpload, ContentFacts, PackedBlock } from '../../core/blocks.ts';
import { limitError } from '../../core/errors.ts';
import type { Bytes } from '../../core/http.ts';
import type { Call } from '../../core/operation.ts';
import { blockListText, longestBlock, type ListedBlock } from '../_oci/block-list.ts';
import { imageManifestOf, parseJson, type Descriptor } from '../_oci/manifest.ts';
import { blockListType, imageType, typeOfBlock } from '../_oci/media-types.ts';
import { holdsBlob, pushText } from './blobs.ts';
import type { Finish } from './chunks.ts';
import type { Layout, OciClient } from './client.ts';
import { knownBlocks } from './known-blocks.ts';
import { pushBlob } from './push-blob.ts';

const smallestBlock = 4 * 1024 ** 2;
/** Where nobody knows how long the disk is: a stream. */
const blockOfStream = 16 * 1024 ** 2;
/** Above this many, blocks are twice as long, up to the longest there are. */
const usualLayers = 4096;
/** A layer is 160 bytes of a manifest, and not every registry takes one of more than 2 MiB. */
const mostLayers = 12_000;

/** How a registry takes a raw disk in layers: each block is a blob, and zeros are none. */
export const layers: BlockFacts = {
  bytes: smallestBlock,
  order: 'any',
  concurrency: 4,
  sparse: true,
  digest: 'sha256',
  compresses: true,
};

/** Whether a content becomes layers: a raw disk of more than one block, unless it is to be one blob. */
export function goesInLayers(client: OciClient, { content: { encoding, bytes }, extras, original }: BlockForm): boolean {
  const layout = extras.layout ?? layoutOf(original) ?? client.layout;
  const isRaw = encoding.format === 'raw' && encoding.compression === undefined;
  return layout === 'layers' && isRaw && (bytes ?? Infinity) > smallestBlock;
}

/** What an image that is taken over word for word is made of where it comes from. */
function layoutOf(original: BlockForm['original']): Layout | undefined {
  if (original?.realm !== imageType) return undefined;
  return imageManifestOf(parseJson(original.values.manifest ?? '') ?? {})?.blocks ? 'layers' : 'single';
}

/** The least power of two that cuts a disk into no more than the usual number of blocks; of a larger disk the longest there is. */
function blockBytesOf(bytes: number | undefined): number {
  let length = bytes === undefined ? blockOfStream : smallestBlock;
  while (length < longestBlock && (bytes ?? 0) / length > usualLayers) length *= 2;
  return length;
}

const hexOf = (digest: Uint8Array): string => Buffer.from(digest).toString('hex');

async function* once(bytes: Uint8Array): Bytes {
  yield bytes;
}

/**
 * Begins to send a disk as blobs of its own, each known by its digest: what the repository has, of whatever image, or since an
 * upload that broke off, is not sent. Nothing refers to a blob before the manifest does, so there is nothing to be let go of: what is
 * left of a failure goes with the registry's own clean-up, or is found by the next try.
 */
export async function beginLayers<Made>(
  client: OciClient,
  content: Pick<ContentFacts, 'bytes'>,
  finish: Finish<Made>,
  call: Call,
): Promise<BlockUpload<Made>> {
  const { home } = client;
  const blockBytes = blockBytesOf(content.bytes);
  const known = await knownBlocks(home, call);
  const listed = new Map<number, ListedBlock>();
  const blobs = new Map<string, Descriptor>();
  /** Blocks of the same content, under way at once, are one blob. */
  const underWay = new Map<string, Promise<Descriptor>>();

  const bring = async (block: Block, content: string, within: Call): Promise<Descriptor> => {
    const kept = known.get(content);
    // A registry may have lost what its images name: they are past help, this one is not.
    if (kept && (await holdsBlob(home, kept.digest, kept.size, within))) return kept;
    const packed = (await block.packed?.()) ?? unpacked(block);
    const { compression, sha256, bytes } = packed;
    const blob = { mediaType: typeOfBlock(compression), digest: `sha256:${sha256}`, size: bytes.length };
    if (!(await holdsBlob(home, blob.digest, blob.size, within))) await pushBlob(client, diskOf(packed), within);
    return blob;
  };

  return {
    ref: `layers of ${home.shown}`,
    blockBytes,
    async put(block, within) {
      const content = `sha256:${hexOf(block.digest ?? new Uint8Array())}`;
      const there = underWay.get(content) ?? bring(block, content, within);
      underWay.set(content, there);
      const blob = await there.catch((error: unknown) => {
        underWay.delete(content);
        throw error;
      });
      listed.set(block.index, { offset: block.offset, content, blob: blob.digest });
      blobs.set(blob.digest, blob);
      if (listed.size > mostLayers) throw tooManyLayers(blockBytes);
    },
    async complete(sent, within) {
      const blocks = [...listed].toSorted(([a], [b]) => a - b).map(([, block]) => block);
      const { bytes } = sent.content;
      const list = await pushText(home, blockListType, blockListText({ bytes, blockBytes, blocks }), within);
      const used = new Set(blocks.map(({ blob }) => blob));
      const inOrder = [...used].flatMap((digest) => blobs.get(digest) ?? []);
      return finish({ digest: list.digest, size: list.size, layered: { blocks: inOrder, bytes } }, within);
    },
    abort: async () => undefined,
  };
}

const unpacked = ({ bytes, digest }: Block): PackedBlock => ({ bytes, sha256: hexOf(digest ?? new Uint8Array()) });

const diskOf = ({ bytes, sha256 }: PackedBlock) => ({
  bytes: bytes.length,
  sha256,
  repeatable: true,
  open: () => once(bytes),
  sent: () => ({ bytes: bytes.length, digests: { sha256 } }),
});

const tooManyLayers = (blockBytes: number) =>
  limitError(`the disk has more than ${mostLayers} blocks of ${blockBytes} bytes`, {
    hint: 'Use --set layout=single, or save it to a file first, so that its length is known.',
  });

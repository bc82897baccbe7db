import type { Block, BlockFacts, BlockUpload, ContentFacts, PackedBlock } from '../../core/blocks.ts';
import type { Bytes } from '../../core/http.ts';
import type { Call } from '../../core/operation.ts';
import { blockBytesOf, hexOf, LayerList, layers as layersOfDisk } from '../_oci/layer-cut.ts';
import type { Descriptor } from '../_oci/manifest.ts';
import { blockListType, typeOfBlock } from '../_oci/media-types.ts';
import { holdsBlob, pushText } from './blobs.ts';
import type { Finish } from './chunks.ts';
import type { OciClient } from './client.ts';
import { KnownBlocks, type KnownBlob } from './known-blocks.ts';
import { mount } from './mount.ts';
import { pushBlob } from './push-blob.ts';
import type { Repository } from './repository.ts';
import { StrayBlobs } from './stray-blobs.ts';

/** How a registry takes a raw disk in layers. */
export const layers: BlockFacts = { ...layersOfDisk, compresses: true };

/**
 * From so much data on a disk is cut into longer blocks: a registry takes as long for the requests of one as for a megabyte and a half,
 * and what a new version changes is a smaller part of it then. Where nobody knows how much is data, the disk is to be as long as that.
 */
const large = { data: 1024 ** 3, disk: 4 * 1024 ** 3, block: 8 * 1024 ** 2 };

/** How a disk is cut: as one of the same length is that is there, for they may share blocks, or as suits how much of it is data. */
function cutOf(bytes: number, data: number | undefined, known: KnownBlocks): number {
  const [usual, long] = [blockBytesOf(bytes), blockBytesOf(bytes, large.block)];
  const isLarge = data === undefined ? bytes >= large.disk : data >= large.data;
  const [best, other] = isLarge ? [long, usual] : [usual, long];
  return !known.has(bytes, best) && known.has(bytes, other) ? other : best;
}

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
  content: Pick<ContentFacts, 'bytes' | 'allocatedBytes'>,
  finish: Finish<Made>,
  call: Call,
): Promise<BlockUpload<Made>> {
  const { home } = client;
  const known = await KnownBlocks.in([home, ...client.places.values()], call);
  const blockBytes = content.bytes === undefined ? blockBytesOf(undefined) : cutOf(content.bytes, content.allocatedBytes, known);
  const strays = new StrayBlobs(home);
  const list = new LayerList(blockBytes);
  /** Blocks of the same content, under way at once, are one blob. */
  const underWay = new Map<string, Promise<Descriptor>>();

  const bring = async (block: Block, content: string, within: Call): Promise<Descriptor> => {
    const kept = known.blob(content);
    if (kept && (await isHere(kept, home, within))) return kept.blob;
    const packed = (await block.packed?.()) ?? unpacked(block);
    const { compression, sha256, bytes } = packed;
    const blob = { mediaType: typeOfBlock(compression), digest: `sha256:${sha256}`, size: bytes.length };
    if (!(await strays.has(blob, within))) await pushBlob(client, diskOf(packed), within);
    return blob;
  };

  return {
    ref: `layers of ${home.shown}`,
    blockBytes,
    async put(block, within) {
      const content = `sha256:${hexOf(block)}`;
      const there = underWay.get(content) ?? bring(block, content, within);
      underWay.set(content, there);
      const blob = await there.catch((error: unknown) => {
        underWay.delete(content);
        strays.askAgain();
        throw error;
      });
      list.add(block, blob);
    },
    async complete(sent, within) {
      const { bytes } = sent.content;
      const { text, blocks } = list.finished(bytes);
      const { digest, size } = await pushText(home, blockListType, text, within);
      return finish({ digest, size, layered: { blocks, bytes } }, within);
    },
    abort: async () => undefined,
  };
}

/** Whether a repository has a blob, now at the latest. A registry may have lost what its images name: they are past help, this one is not. */
const isHere = async ({ blob, at }: KnownBlob, home: Repository, call: Call): Promise<boolean> =>
  (await holdsBlob(home, blob.digest, blob.size, call)) || (at !== home && (await mount(at, home, blob, call)));

const unpacked = (block: Block): PackedBlock => ({ bytes: block.bytes, sha256: hexOf(block) });

const diskOf = ({ bytes, sha256 }: PackedBlock) => ({
  bytes: bytes.length,
  sha256,
  repeatable: true,
  open: () => once(bytes),
  sent: () => ({ bytes: bytes.length, digests: { sha256 } }),
});

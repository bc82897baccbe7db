import { ImgctlError } from '../../core/errors.ts';
import type { Call } from '../../core/operation.ts';
import { blockListOf, layersOf } from '../_oci/block-list.ts';
import { isId } from '../_oci/ids.ts';
import type { Descriptor } from '../_oci/manifest.ts';
import { readText } from './blobs.ts';
import { inBatches } from './concurrency.ts';
import { recall } from './images.ts';
import type { Repository } from './repository.ts';
import { isOurs } from './tagged.ts';
import { tagsOf } from './tags.ts';

/** So many images are looked at, at most: what they share is found by its digest too, once it is compressed. */
const mostImages = 256;

/** A blob, and the repository that has it. */
export interface KnownBlob {
  readonly blob: Descriptor;
  readonly at: Repository;
}

/**
 * The blobs of the blocks that images of some repositories have, by their content; what several have, as the first has it. A block of a
 * former version need not be compressed to be found there, however it was compressed then. It only saves work: what cannot be read
 * counts as nothing.
 */
export async function knownBlocks(repositories: readonly Repository[], call: Call): Promise<ReadonlyMap<string, KnownBlob>> {
  const known = new Map<string, KnownBlob>();
  for (const repository of repositories) await readBlocksOf(repository, known, call);
  return known;
}

async function readBlocksOf(repository: Repository, known: Map<string, KnownBlob>, call: Call): Promise<void> {
  const read = async (tag: string): Promise<void> => {
    const found = await recall(repository, tag, call);
    if (!isOurs(found) || !found.manifest.disk || !found.manifest.blocks) return;
    const { disk, blocks } = found.manifest;
    const list = blockListOf(await readText(repository, disk.digest, call), `${repository.shown}:${tag}`);
    const layers = layersOf(list, blocks);
    for (const { content, blob } of list.blocks) {
      const layer = layers.get(blob);
      if (layer && !known.has(content)) known.set(content, { blob: layer, at: repository });
    }
  };
  const orNothing = (error: unknown): void => {
    if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
  };
  const tags = await tagsOf(repository, call).catch((error: unknown) => orNothing(error) ?? []);
  const looked = tags.filter(isId).slice(-mostImages);
  for await (const _ of inBatches(looked, (tag) => read(tag).catch(orNothing)));
}

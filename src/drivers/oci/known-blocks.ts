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
 * The blocks that images of some repositories have. A block of a former version need not be compressed to be found there, however it was
 * compressed then. It only saves work: what cannot be read counts as nothing.
 */
export class KnownBlocks {
  readonly #blobs = new Map<string, KnownBlob>();
  readonly #cuts = new Set<string>();

  /** Throws only ABORTED, and what is a fault of ours. */
  static async in(repositories: readonly Repository[], call: Call): Promise<KnownBlocks> {
    const known = new KnownBlocks();
    for (const repository of repositories) await known.#read(repository, call);
    return known;
  }

  /** The blob of a block with this content; of several, as the first repository has it. */
  blob(content: string): KnownBlob | undefined {
    return this.#blobs.get(content);
  }

  /** Whether there is a disk of this length in blocks of that. */
  has(bytes: number, blockBytes: number): boolean {
    return this.#cuts.has(`${bytes}/${blockBytes}`);
  }

  async #read(repository: Repository, call: Call): Promise<void> {
    const tags = await tagsOf(repository, call).catch((error: unknown) => orNothing(error) ?? []);
    const looked = tags.filter(isId).slice(-mostImages);
    for await (const _ of inBatches(looked, (tag) => this.#readImage(repository, tag, call).catch(orNothing)));
  }

  async #readImage(repository: Repository, tag: string, call: Call): Promise<void> {
    const found = await recall(repository, tag, call);
    if (!isOurs(found) || !found.manifest.disk || !found.manifest.blocks) return;
    const { disk, blocks } = found.manifest;
    const list = blockListOf(await readText(repository, disk.digest, call), `${repository.shown}:${tag}`);
    const layers = layersOf(list, blocks);
    this.#cuts.add(`${list.bytes}/${list.blockBytes}`);
    for (const { content, blob } of list.blocks) {
      const layer = layers.get(blob);
      if (layer && !this.#blobs.has(content)) this.#blobs.set(content, { blob: layer, at: repository });
    }
  }
}

function orNothing(error: unknown): void {
  if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
}

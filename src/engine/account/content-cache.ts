import { createHash } from 'node:crypto';
import type { Cache } from '../../core/driver.ts';
import type { Image } from '../../core/image.ts';

/** What is known of an image's data, and its provider does not keep. */
type Facts = Pick<Image, 'contentId' | 'virtualBytes' | 'checksums'>;

/** What this machine knows of images that it has uploaded, where the provider keeps nothing by which their content could be compared. */
export interface ContentCache {
  /** Keeps the facts of an image as it is now, once its provider says when it was made. */
  remember(image: Image, facts: Facts): Promise<void>;
  /** The image with what is known of it: the provider's own words count more. As it was where nothing is, or it is not the same any more. */
  recall(image: Image): Promise<Image>;
}

interface Kept extends Facts {
  readonly createdAt: string;
  readonly sizeBytes?: number;
}

/** `account` are texts that tell an account at a provider from others. Without a cache nothing is known. */
export function contentCacheOf(cache: Cache | undefined, account: readonly string[]): ContentCache {
  const keyOf = ({ id }: Image): string =>
    createHash('sha256')
      .update(JSON.stringify(['content of an image', ...account, id]))
      .digest('hex');
  return {
    async remember(image, { contentId, virtualBytes, checksums }) {
      if (image.createdAt === undefined || (contentId === undefined && checksums === undefined)) return;
      const kept = {
        createdAt: image.createdAt,
        // As long as it is worked on, its size may be another one.
        ...(image.status === 'active' && image.sizeBytes !== undefined ? { sizeBytes: image.sizeBytes } : {}),
        contentId,
        virtualBytes,
        checksums,
      };
      await cache?.put(keyOf(image), JSON.stringify(kept));
    },
    async recall(image) {
      const text = await cache?.get(keyOf(image));
      const kept = text === undefined ? undefined : keptIn(text);
      if (!text || !kept || kept.createdAt !== image.createdAt) return image;
      if (kept.sizeBytes !== undefined && kept.sizeBytes !== image.sizeBytes) return image;
      // What is used stays longer.
      await cache?.put(keyOf(image), text);
      return {
        ...image,
        contentId: image.contentId ?? kept.contentId,
        virtualBytes: image.virtualBytes ?? kept.virtualBytes,
        checksums: image.checksums ?? kept.checksums,
      };
    },
  };
}

/** What was kept; absent for a text that somebody else has put there. */
function keptIn(text: string): Kept | undefined {
  try {
    const kept = JSON.parse(text) as Partial<Kept> | null;
    return typeof kept?.createdAt === 'string' ? (kept as Kept) : undefined;
  } catch {
    return undefined;
  }
}

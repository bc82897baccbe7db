import { createHash } from 'node:crypto';
import type { Cache } from '../../core/driver.ts';
import type { Image } from '../../core/image.ts';
import { parseJson } from '../../core/json.ts';

/** What is known of an image's data, and its provider may not keep. */
export interface RememberedFacts extends Partial<Pick<Image, 'contentId' | 'virtualBytes' | 'checksums'>> {
  /** Properties that say where it comes from. */
  readonly properties?: Image['properties'] | undefined;
}

/** What this machine knows of images that it has uploaded, where the provider keeps nothing by which their content could be compared. */
export interface ContentCache {
  /** Keeps the facts of an image as it is now, once its provider says when it was made. */
  remember(image: Image, facts: RememberedFacts): Promise<void>;
  /** What was kept of an image; absent where nothing is, or where what its provider says of it is not the same any more. */
  factsOf(image: Image): Promise<RememberedFacts | undefined>;
  /** The image with what is known of it: the provider's own words count more. */
  recall(image: Image): Promise<Image>;
  /** Keeps the content id of a published file, which has that digest (`sha256:HEX`), whatever image it becomes. */
  rememberPublished(digest: string, contentId: string): Promise<void>;
  contentIdOf(digest: string): Promise<string | undefined>;
}

interface Kept extends RememberedFacts {
  readonly createdAt: string;
  readonly sizeBytes?: number;
}

/** `account` are texts that tell an account at a provider from others. Without a cache nothing is known. */
export function contentCacheOf(cache: Cache | undefined, account: readonly string[]): ContentCache {
  const keyOf = ({ id }: Image): string => keyFor(['content of an image', ...account, id]);
  const factsOf = async (image: Image): Promise<RememberedFacts | undefined> => {
    const text = await cache?.get(keyOf(image));
    const kept = text === undefined ? undefined : keptIn(text);
    if (!text || !kept || !isStillSo(kept, image)) return undefined;
    // What is used stays longer.
    await cache?.put(keyOf(image), text);
    return kept;
  };
  return {
    factsOf,
    async remember(image, { contentId, virtualBytes, checksums, properties }) {
      if (image.createdAt === undefined || (contentId === undefined && checksums === undefined && !properties)) return;
      const kept = {
        createdAt: image.createdAt,
        // As long as it is worked on, its size may be another one.
        ...(image.status === 'active' && image.sizeBytes !== undefined ? { sizeBytes: image.sizeBytes } : {}),
        contentId,
        virtualBytes,
        checksums,
        properties,
      };
      await cache?.put(keyOf(image), JSON.stringify(kept));
    },
    async recall(image) {
      const kept = await factsOf(image);
      if (!kept) return image;
      return {
        ...image,
        contentId: image.contentId ?? kept.contentId,
        virtualBytes: image.virtualBytes ?? kept.virtualBytes,
        checksums: image.checksums ?? kept.checksums,
        properties: { ...kept.properties, ...image.properties },
      };
    },
    async rememberPublished(digest, contentId) {
      await cache?.put(publishedKey(digest), JSON.stringify({ contentId }));
    },
    async contentIdOf(digest) {
      const { contentId } = parseJson((await cache?.get(publishedKey(digest))) ?? '') ?? {};
      return typeof contentId === 'string' ? contentId : undefined;
    },
  };
}

const keyFor = (words: readonly string[]): string => createHash('sha256').update(JSON.stringify(words)).digest('hex');
const publishedKey = (digest: string): string => keyFor(['content of a published file', digest]);

/** Whether an image may still be the one of which that was kept: nothing that its provider says of it speaks against it. */
function isStillSo(kept: Kept, { createdAt, sizeBytes, checksums = {}, contentId }: Image): boolean {
  if (kept.createdAt !== createdAt) return false;
  if (kept.sizeBytes !== undefined && kept.sizeBytes !== sizeBytes) return false;
  if (contentId !== undefined && kept.contentId !== undefined && kept.contentId !== contentId) return false;
  return Object.entries(kept.checksums ?? {}).every(([name, hex]) => (checksums[name] ?? hex) === hex);
}

/** What was kept; absent for a text that somebody else has put there. */
function keptIn(text: string): Kept | undefined {
  const kept = parseJson(text) ?? {};
  if (typeof kept.createdAt !== 'string') return undefined;
  const texts = Object.entries(Object(kept.properties)).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as const] : [],
  );
  return { ...(kept as Partial<Kept> as Kept), properties: Object.fromEntries(texts) };
}

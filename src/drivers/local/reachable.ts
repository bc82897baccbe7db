import { childrenOf, hasChildren, parseJson, type Descriptor, type Json } from '../_oci/manifest.ts';
import { readDocument } from './blobs.ts';
import type { Cache } from './cache.ts';
import type { Folder } from './folder.ts';
import type { Index } from './index-file.ts';

/**
 * Digests of everything that the index leads to, whoever made it: manifests, indexes, what they list and their
 * subjects. Absent when a list of blobs is there and cannot be read: then nobody knows what is still needed.
 */
export async function reachable(
  folder: Folder,
  index: Index,
  known: Pick<Cache, 'get'>,
): Promise<ReadonlySet<string> | undefined> {
  const seen = new Set<string>();
  const open: Descriptor[] = [...index.entries];
  for (let next = open.pop(); next; next = open.pop()) {
    if (seen.has(next.digest)) continue;
    seen.add(next.digest);
    if (!hasChildren(next)) continue;
    const json = known.get(next.digest)?.manifest ?? (await listAt(folder, next));
    if (json === 'unreadable') return undefined;
    if (json) open.push(...childrenOf(json));
  }
  return seen;
}

async function listAt(folder: Folder, descriptor: Descriptor): Promise<Json | 'unreadable' | undefined> {
  try {
    const text = await readDocument(folder, descriptor);
    return text === undefined ? undefined : (parseJson(text) ?? 'unreadable');
  } catch {
    return 'unreadable';
  }
}

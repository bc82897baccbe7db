import { isObject } from '../../core/json.ts';
import { isImageType } from '../_oci/media-types.ts';
import { digestsIn, referencesIn, type DigestReference } from '../_oci/references.ts';
import type { DocumentCache } from './cache.ts';
import type { Folder } from './folder.ts';
import { entriesOf, type Index } from './index-file.ts';
import { readReferences } from './read-references.ts';

/**
 * Whether there is a list that is not there, or cannot be understood: then nobody knows what it leads to. `ours`: one that may
 * be an image of ours, and share a disk with another. `foreign`: one of another tool, which puts in blobs of its own.
 */
export type Doubt = 'none' | 'foreign' | 'ours';

const worse = (doubt: Doubt, isOurs: boolean): Doubt => (isOurs || doubt === 'ours' ? 'ours' : 'foreign');

/** What the index names, whatever it looks like, and whether an entry names nothing. */
function namedBy({ json }: Index): { readonly references: readonly DigestReference[]; readonly doubt: Doubt } {
  const { manifests: _manifests, ...rest } = json;
  const references = [...referencesIn(rest)];
  let doubt: Doubt = 'none';
  for (const entry of entriesOf(json)) {
    const named = referencesIn(entry, true);
    if (!named.some(({ isList }) => isList)) doubt = worse(doubt, isObject(entry) && isImageType(entry.artifactType));
    references.push(...named);
  }
  return { references, doubt };
}

/**
 * Which of the `wanted` digests something still leads to, whoever made it: manifests, indexes, what they list and their
 * subjects. With a doubt, those that are not among them may be needed all the same. Looks no further than it has to.
 */
export async function reachable(
  folder: Folder,
  index: Index,
  wanted: ReadonlySet<string>,
  openKnown: () => Promise<Pick<DocumentCache, 'get'>>,
): Promise<{ readonly needed: ReadonlySet<string>; readonly doubt: Doubt }> {
  const missing = new Set(wanted);
  const followed = new Set<string>();
  let doubt: Doubt = 'none';
  let known: Pick<DocumentCache, 'get'> | undefined;

  async function follow(references: readonly DigestReference[]): Promise<void> {
    const open = [...references];
    for (let next = open.pop(); next && missing.size > 0; next = open.pop()) {
      missing.delete(next.digest);
      if (next.isLeaf || followed.has(next.digest)) continue;
      followed.add(next.digest);
      const kept = wanted.has(next.digest) ? undefined : (known ??= await openKnown()).get(next.digest)?.certain;
      const { references: further, isClear } = kept === undefined ? await readReferences(folder, next) : ofImage(kept);
      if (!isClear) doubt = worse(doubt, next.isOurs);
      open.push(...further);
    }
  }

  // What was put in just now is looked at first: mostly that is all there is to find.
  await follow(index.entries.filter(({ digest }) => wanted.has(digest)).flatMap((entry) => referencesIn(entry, true)));
  if (missing.size > 0) {
    const named = namedBy(index);
    doubt = named.doubt === 'none' ? doubt : worse(doubt, named.doubt === 'ours');
    await follow(named.references);
  }
  return { needed: new Set([...wanted].filter((digest) => !missing.has(digest))), doubt };
}

/** The manifest of an image of ours leads to its record and its disk, and these lead nowhere. */
const ofImage = (manifest: string) => ({
  references: digestsIn(manifest).map((digest) => ({ digest, isList: false, isLeaf: true, isOurs: true })),
  isClear: true,
});

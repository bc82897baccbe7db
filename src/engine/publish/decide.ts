import type { Image } from '../../core/image.ts';
import type { NewVersion, Published, Tree } from '../../core/publication.ts';
import { requireOneArchitecture } from './architecture.ts';
import type { Damaged } from './tree-check.ts';
import type { Work } from './version-writer.ts';

/** What is to be done for an image. `older`: nothing, since it would be taken out again. */
export type Decision =
  | { readonly kind: 'there'; readonly version: Published }
  | { readonly kind: 'repair'; readonly damaged: readonly Damaged[] }
  | { readonly kind: 'add'; readonly version: NewVersion }
  | { readonly kind: 'older'; readonly version: NewVersion };

/** Decides by what is published and how it is. Throws CONFLICT for a disk that would be published for two architectures. */
export async function decide(tree: Tree, image: Image, { check, keepLast = Infinity, context }: Work): Promise<Decision> {
  const there = tree.find(image);
  const damaged = await check.damagedOf(there);
  if (damaged.length > 0) return { kind: 'repair', damaged };
  if (there[0]) return { kind: 'there', version: there[0] };
  requireOneArchitecture(tree, image, context);
  const version = tree.begin(image);
  return { kind: version.newer < keepLast ? 'add' : 'older', version };
}

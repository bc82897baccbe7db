import type { Image } from '../../core/image.ts';
import type { Call } from '../../core/operation.ts';
import type { Account } from '../account/account.ts';
import { isSame } from '../images/group.ts';
import { compareImages, listing, wholeListing } from '../images/list.ts';

/**
 * One's own images that hold the disk of this one, as far as that is known: itself first, then what can be used, the newest first.
 * `image`: with all that its own account remembers of it.
 */
export async function withContentOf(image: Image, at: Account, call: Call): Promise<readonly Image[]> {
  const found: Image[] = [];
  for await (const one of listing(at, { ...wholeListing, scope: 'own', hidden: true }, call)) {
    if (one.status === 'deleted' || one.status === 'deleting') continue;
    if (isItself(one, image) || isSame(await at.memory.recall(one), image) === true) found.push(one);
  }
  const rank = (one: Image): number => (isItself(one, image) ? 0 : one.status !== 'active' ? 3 : one.name === image.name ? 1 : 2);
  const newest = [{ field: 'createdAt', descending: true }];
  return found.sort((a, b) => rank(a) - rank(b) || compareImages(a, b, newest));
}

const isItself = (one: Image, { profile, id }: Image): boolean => one.profile === profile && one.id === id;

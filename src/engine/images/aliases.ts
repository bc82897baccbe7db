import { ImgctlError } from '../../core/errors.ts';
import { matches } from '../../core/filter.ts';
import { isGlob } from '../../core/glob.ts';
import type { Image } from '../../core/image.ts';
import type { Call } from '../../core/operation.ts';
import type { Account } from '../account/account.ts';
import type { Listing } from './list.ts';
import { findImage } from './resolve.ts';

/**
 * The images of a list by these words. A publisher's images have other names than those that people know (`noble`): for a word that is
 * the name of none of them, the image that `show` would find comes behind, where it fits the rest of what was asked.
 */
export async function* withAliases(
  images: AsyncIterable<Image>,
  words: readonly string[],
  { at, wanted }: { readonly at: Account; readonly wanted: Listing },
  call: Call,
): AsyncIterable<Image> {
  const left = new Set(words.filter((word) => word !== '' && !isGlob(word)));
  const ids = new Set<string>();
  for await (const image of images) {
    left.delete(image.name);
    ids.add(image.id);
    yield image;
  }
  const { name: _name, ...filters } = wanted.filters;
  for (const word of left) {
    if (ids.size >= (wanted.limit ?? Infinity)) return;
    const image = await aliased(at, word, call);
    if (!image || ids.has(image.id) || !matches(image, filters)) continue;
    ids.add(image.id);
    yield image;
  }
}

async function aliased(at: Account, word: string, call: Call): Promise<Image | undefined> {
  try {
    return (await findImage(at, word, {}, call)).image;
  } catch (error) {
    if (error instanceof ImgctlError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

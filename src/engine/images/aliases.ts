import { ImgctlError } from '../../core/errors.ts';
import { matches } from '../../core/filter.ts';
import { isGlob } from '../../core/glob.ts';
import { commandLine } from '../../core/hint.ts';
import type { Image } from '../../core/image.ts';
import type { Call } from '../../core/operation.ts';
import type { Account } from '../account/account.ts';
import type { Listing } from './list.ts';
import { findImage } from './resolve.ts';

/** What words of a list are looked for by. */
interface Lookup {
  readonly at: Account;
  readonly wanted: Listing;
  /** Is told of a name that nothing bears, with those that are near. Absent: nobody reads it. */
  readonly say?: ((message: string) => void) | undefined;
}

/**
 * The images of a list by these words. A publisher's images have other names than those that people know (`noble`): for a word that is
 * the name of none of them, the image that `show` would find comes behind, where it fits the rest of what was asked.
 */
export async function* withAliases(
  images: AsyncIterable<Image>,
  words: readonly string[],
  { at, wanted, say }: Lookup,
  call: Call,
): AsyncIterable<Image> {
  const left = new Set(exact(words));
  const ids = new Set<string>();
  for await (const image of images) {
    left.delete(image.name);
    ids.add(image.id);
    yield image;
  }
  const { name: _name, ...filters } = wanted.filters;
  for (const word of left) {
    if (ids.size >= (wanted.limit ?? Infinity)) return;
    const image = await meant(at, word, call);
    if (image instanceof ImgctlError) tell(image, say);
    if (image instanceof ImgctlError || ids.has(image.id) || !matches(image, filters)) continue;
    ids.add(image.id);
    yield image;
  }
}

/**
 * The images of a list by these words, where they are names alone. Of a name that none of them bears it is said what is near, or where that
 * leads: at the price of another look, which fails for itself.
 */
export async function* withNearest<One extends Pick<Image, 'id' | 'name'>>(
  images: AsyncIterable<One>,
  words: readonly string[],
  { at, wanted, say }: Lookup,
  call: Call,
): AsyncIterable<One> {
  const left = new Set(exact(words));
  let count = 0;
  for await (const image of images) {
    left.delete(image.name);
    left.delete(image.id);
    count += 1;
    yield image;
  }
  const { name: _name, ...filters } = wanted.filters;
  const isByName = wanted.own.length === 0 && wanted.after === undefined && Object.keys(filters).length === 0;
  if (!isByName || count >= (wanted.limit ?? Infinity)) return;
  for (const word of left) {
    const image = await meant(at, word, call).catch((error: unknown) => {
      if (error instanceof ImgctlError && error.code !== 'ABORTED') return undefined;
      throw error;
    });
    if (image instanceof ImgctlError) tell(image, say);
    else if (image)
      say?.(
        `"${word}" is not in this list, but it is there. Show it with: ${commandLine({ verb: 'show', image: image.id }, at)}`,
      );
  }
}

const exact = (words: readonly string[]): readonly string[] => words.filter((word) => word !== '' && !isGlob(word));

/** A line each. */
function tell({ message, circumstances: { hint = '' } }: ImgctlError, say: Lookup['say']): void {
  for (const line of [message, ...hint.split('\n')]) if (line !== '') say?.(line);
}

/** The image that `show` would find, or NOT_FOUND. Rejects with any other failure. */
async function meant(at: Account, word: string, call: Call): Promise<Image | ImgctlError> {
  try {
    return (await findImage(at, word, {}, call)).image;
  } catch (error) {
    if (error instanceof ImgctlError && error.code === 'NOT_FOUND') return error;
    throw error;
  }
}

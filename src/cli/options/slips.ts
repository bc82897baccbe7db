import type { Image } from '../../core/image.ts';
import { globPattern } from '../../core/glob.ts';
import { mistypedProfile, slipError, warnOfPrefix } from '../../engine/account/mistyped-profile.ts';
import type { ProfileDirectory } from '../../engine/account/registry.ts';
import type { Surface } from '../program/context.ts';

type Noticed = <One extends Pick<Image, 'id' | 'name'>>(
  images: AsyncIterable<One>,
  failed?: ReadonlySet<string>,
) => AsyncIterable<One>;

/**
 * Passes the images of a list on. A word of it that is `NAME:…` without such a profile, and that fits none of them, was mistyped
 * rather: a slip throws CONFIG where the list is empty, and is reported behind one that is not; any other is warned about. What was
 * cut off or could not be asked may have fitted: nothing is said then.
 */
export function slipsNoticed(
  words: readonly string[],
  directory: ProfileDirectory,
  limit: number | undefined,
  { warn, report }: Surface,
): Noticed {
  const odd = words.flatMap((word) => {
    const mistyped = directory.reference(word).profile === undefined ? mistypedProfile(word, directory) : undefined;
    return mistyped ? [{ word, mistyped, pattern: globPattern(word) }] : [];
  });
  if (odd.length === 0) return (images) => images;
  return async function* (images, failed) {
    const left = new Set(odd);
    let count = 0;
    for await (const image of images) {
      count += 1;
      for (const one of left)
        if (image.name === one.word || image.id === one.word || one.pattern.test(image.name)) left.delete(one);
      yield image;
    }
    if (count === limit || (failed?.size ?? 0) > 0) return;
    for (const { word, mistyped } of left) {
      const slip = slipError(mistyped, word, directory.current);
      if (!mistyped.isSlip) warnOfPrefix(word, directory, warn);
      else if (count === 0) throw slip;
      else await report(slip);
    }
  };
}

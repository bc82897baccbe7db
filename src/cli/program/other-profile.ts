import { usageError } from '../../core/errors.ts';
import { shellWord } from '../../core/hint.ts';
import type { Parsed } from './parse.ts';
import type { CommandShape } from './shape.ts';
import type { Surface } from './context.ts';

/** What was typed in the place of images and of profiles. */
function typedIn({ args, options }: CommandShape, input: Parsed['input']): readonly Named[] {
  return Object.entries({ ...args, ...options }).flatMap(([name, shape]) => {
    const isImage =
      (shape.completes === 'image' || shape.completes === 'images' || shape.isNewImage === true) &&
      !('takes' in shape && (shape.takes === 'any' || shape.isOfAnyProfile === true));
    if (!isImage && shape.completes !== 'profile') return [];
    return [input[name] ?? []].flat().flatMap((text) => (typeof text === 'string' ? [{ text, isImage }] : []));
  });
}

interface Named {
  readonly text: string;
  readonly isImage: boolean;
}

/** Throws USAGE where all images are of other profiles than the one that was asked for: which of them is meant cannot be told. */
export function refuseOtherProfile(command: CommandShape, input: Parsed['input'], { directory, settings }: Surface): void {
  const typed = settings.isProfileTyped ? typedIn(command, input) : [];
  const first = typed.find(({ isImage }) => isImage);
  if (!first) return;
  const asked = directory.select(settings.profile);
  const counts = ({ text, isImage }: Named): boolean => {
    const { profile, image } = directory.reference(text);
    return isImage && profile === undefined ? true : asked.includes(profile ?? image);
  };
  if (typed.some(counts)) return;
  throw usageError(`-p ${asked.join(', ')} and ${first.text} name different profiles`, {
    hint: `Omit -p for ${shellWord(first.text)}, or the profile in front of the image for -p.`,
  });
}

import { usageError } from './errors.ts';

const control = /\p{Cc}/u;
/** No provider takes longer ones; of the clouds that we know the longest are 255 characters. */
const longestName = 1024;

/**
 * Throws USAGE for a name, of an image that there is or is to be, that holds control characters or is far too long: nobody could type
 * it, or tell it from others.
 */
export function checkName(name: string): void {
  if (name.length > longestName)
    throw usageError(`the image name has ${name.length} characters, and at most ${longestName} are taken: ${name.slice(0, 40)}…`);
  if (control.test(name)) throw usageError('an image name cannot hold control characters', { hint: 'Use a name of one line.' });
}

/** A name whose letters and digits are those of ASCII, without accents. Absent where one would be lost: nobody would know the name by what is left. */
export function plainLetters(name: string): string | undefined {
  const plain = name.normalize('NFKD').replace(/\p{M}/gu, '');
  return /(?![a-z0-9])[\p{L}\p{N}]/iu.test(plain) ? undefined : plain;
}

import { usageError } from './errors.ts';

const control = /\p{Cc}/u;

/** Throws USAGE for a name, of an image that there is or is to be, that holds control characters: nobody could type it, or tell it from others. */
export function checkName(name: string): void {
  if (control.test(name)) throw usageError('an image name cannot hold control characters', { hint: 'Use a name of one line.' });
}

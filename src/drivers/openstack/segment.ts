import { usageError } from '../../core/errors.ts';

/**
 * A text as one segment of a path. Throws USAGE for what no id or name of Glance's can be: servers undo `%2F` before they
 * look at a path, so a text with a slash or dots in it could address something else, however it is encoded.
 */
export function segment(text: string, what = 'image id'): string {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,254}$/.test(text))
    throw usageError(`invalid ${what}: ${JSON.stringify(text)}`, {
      hint: 'Use an id: letters, digits and dashes. List images with: imgctl list',
    });
  return encodeURIComponent(text);
}

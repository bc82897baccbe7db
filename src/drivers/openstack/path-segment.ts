import { usageError } from '../../core/errors.ts';

/**
 * A text as one segment of a path. Throws USAGE for what no id or name of Glance's can be: servers undo `%2F` before they
 * look at a path, so a text with a slash or dots in it could address something else, however it is encoded.
 */
export function pathSegment(text: string, what = 'image id'): string {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,254}$/.test(text))
    throw usageError(`invalid ${what}: ${JSON.stringify(text)}`, {
      hint: 'Use an id: letters, digits and dashes. List images with:',
      next: [{ verb: 'list' }],
    });
  return encodeURIComponent(text);
}

/** What Glance takes as the id of an image (Image API v2, schema of an image). */
export const uuids = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Throws USAGE for what cannot be the id of a new image. */
export function checkUuid(id: string): void {
  if (!uuids.test(id))
    throw usageError(`invalid image id: ${JSON.stringify(id.slice(0, 140))}`, { hint: 'Use a UUID, or omit --id.' });
}

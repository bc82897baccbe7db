/** The id of an image as it goes over the wire. */
export const imageId = (number: number): string => `1i${number}`;

/**
 * The key that the server looks up for an id; undefined: the id cannot be read, which is a 404 at once.
 * From source: the letters behind the leading 1 are dropped whatever they are; a text that begins with a letter is taken whole.
 */
export function internalId(id: string): string | undefined {
  if (/^[a-z]/.test(id)) return id;
  if (!/^1[a-z]/i.test(id)) return undefined;
  return id
    .slice(1)
    .replace(/^[a-z]+/, '')
    .replace(/^!/, '');
}

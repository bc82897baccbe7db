import { createHash } from 'node:crypto';

const longest = 100;
const longestAlias = 200;
/** Files of such names cannot be made everywhere. */
const device = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * The name of an image as a part of a path and of an id: letters, digits and `._-`, never hidden, never empty. One that had to be
 * changed for that has a digest of itself behind it, so that two names never become one.
 */
export function safeName(name: string): string {
  const plain = name
    .replace(/[^A-Za-z0-9._-]+/g, '_')
    .replace(/^[.-]+/, '')
    .replace(/\.+$/, '')
    .slice(0, longest);
  if (plain === name && plain !== '' && !device.test(plain)) return name;
  return `${plain === '' ? 'image' : plain}-${createHash('sha256').update(name).digest('hex').slice(0, 8)}`;
}

const isTypable = (name: string): boolean =>
  name.trim() === name && name !== '' && name.length <= longestAlias && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp},]/u.test(name);

/** The words by which an image is asked for. A comma divides them. */
export const aliasesFor = (name: string): readonly string[] => [isTypable(name) ? name : safeName(name)];

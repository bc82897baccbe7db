import { isId } from './ids.ts';

/** The longest tag that is made of a name, with room for a number behind it. */
const longestTag = 120;

/**
 * What a name leaves of a tag: its letters and digits, single separators between them. Absent where a letter or digit would be lost:
 * nobody would know the name by what is left.
 */
export function tagOfName(name: string): string | undefined {
  const plain = name.normalize('NFKD').replace(/\p{M}/gu, '');
  if (/(?![a-z0-9])[\p{L}\p{N}]/iu.test(plain)) return undefined;
  const tag = plain
    .replace(/[^a-z0-9._-]+/gi, '-')
    .replace(/[._-]{2,}/g, '-')
    .slice(0, longestTag)
    .replace(/^[._-]+|[._-]+$/g, '');
  return isId(tag) ? tag : undefined;
}

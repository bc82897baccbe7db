import { plainLetters } from '../../core/image-name.ts';
import { isId } from './ids.ts';

/** The longest tag that is made of a name, with room for a number behind it. */
const longestTag = 120;

/**
 * What a name leaves of a tag: its letters and digits, single separators between them. Absent where a letter or digit would be lost:
 * nobody would know the name by what is left.
 */
export function tagOfName(name: string): string | undefined {
  const tag = plainLetters(name)
    ?.replace(/[^a-z0-9._-]+/gi, '-')
    .replace(/[._-]{2,}/g, '-')
    .slice(0, longestTag)
    .replace(/^[._-]+|[._-]+$/g, '');
  return tag !== undefined && isId(tag) ? tag : undefined;
}

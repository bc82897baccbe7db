import { distance } from 'fastest-levenshtein';

/** How many letters may be wrong: in a short word one changed letter makes another word. */
const tolerance = (word: string): number => (word.length < 5 ? 1 : 2);

const letters = (word: string): string => [...word].sort().join('');

/** The question that suggests them; absent: there is nothing to suggest. */
export const didYouMean = (close: readonly string[]): string | undefined =>
  close.length > 0 ? `Did you mean ${close.join(' or ')}?` : undefined;

/** How far a candidate is from the word; a word that was only begun (`vis` for `visibility`) is near, and so are swapped letters. */
function farness(word: string, candidate: string): number {
  if (word.length >= 2 && candidate.startsWith(word)) return 0.5;
  return letters(word) === letters(candidate) ? 1 : distance(word, candidate);
}

/**
 * The candidates most like the word, the nearest first, at most `n`; none where more than one or two letters differ: a far-fetched
 * guess is worse than none. Case does not count.
 */
export function nearest(word: string, candidates: Iterable<string>, n = 3): string[] {
  const wanted = word.toLowerCase();
  return [...new Set(candidates)]
    .map((candidate) => ({ candidate, far: farness(wanted, candidate.toLowerCase()) }))
    .filter(({ far, candidate }) => far <= Math.min(tolerance(wanted), Math.max(wanted.length, candidate.length) - 1))
    .sort((a, b) => a.far - b.far)
    .slice(0, n)
    .map(({ candidate }) => candidate);
}

import { distance } from 'fastest-levenshtein';

/** How wrong a word may be: a third of its letters, at least two. */
const tolerance = (word: string): number => Math.max(2, Math.floor(word.length / 3));

/** How far a candidate is from the word; a word that was only begun (`vis` for `visibility`) is near. */
function farness(word: string, candidate: string): number {
  if (word.length >= 2 && candidate.startsWith(word)) return 0.5;
  return distance(word, candidate);
}

/** The candidates most like the word, the nearest first, at most `n`; none if nothing is like it. Case does not count. */
export function nearest(word: string, candidates: Iterable<string>, n = 3): string[] {
  const wanted = word.toLowerCase();
  return [...new Set(candidates)]
    .map((candidate) => ({ candidate, far: farness(wanted, candidate.toLowerCase()) }))
    .filter(({ far, candidate }) => far <= Math.min(tolerance(wanted), Math.max(wanted.length, candidate.length) - 1))
    .sort((a, b) => a.far - b.far)
    .slice(0, n)
    .map(({ candidate }) => candidate);
}

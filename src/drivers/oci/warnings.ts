import type { Answer } from '../../core/answer.ts';

/** `299 - "words"`, also several in one header (distribution-spec 1.1, "Warnings"; RFC 7234 section 5.5). */
const warning = /\b299\s+\S+\s+"((?:[^"\\]|\\.)*)"/g;
const longest = 256;

/** What a registry wants people to be told, in its own words; it may hold anything. */
export const warningsIn = ({ headers }: Answer): readonly string[] =>
  [...(headers.warning ?? '').matchAll(warning)].map(([, words = '']) => words.replace(/\\(.)/g, '$1').slice(0, longest));

import { usageError } from '../../core/errors.ts';
import { checkName } from '../../core/image-name.ts';

/** What may stand in a template between `{{` and `}}`. */
export const templateWords = ['name', 'serial', 'date', 'arch'] as const;
type Word = (typeof templateWords)[number];

/** What the words of a template mean for one image; absent: its source does not tell. */
export type NameValues = Readonly<Partial<Record<Word, string | undefined>>>;

const wordPattern = /\{\{\s*([^{}]*?)\s*\}\}/g;

const isWord = (text: string): text is Word => templateWords.some((word) => word === text);

/** Throws USAGE for a template with a word that there is not, or with braces that are not closed. */
export function checkTemplate(template: string): void {
  const odd = [...template.matchAll(wordPattern)].map(([, word = '']) => word).find((word) => !isWord(word));
  const known = `Known: ${templateWords.map((word) => `{{${word}}}`).join(', ')}`;
  if (odd !== undefined) throw usageError(`{{${odd}}} is not known`, { hint: known });
  if (/\{\{|\}\}/.test(template.replace(wordPattern, ''))) throw usageError('it has braces that are not closed', { hint: known });
  checkName(template);
}

/** The words that a template has. */
export const wordsOf = (template: string): readonly Word[] =>
  [...template.matchAll(wordPattern)].map(([, word = '']) => word).filter(isWord);

/** The name that a template makes. Throws USAGE for a word of which nothing is known, and for a name that nobody takes. */
export function displayName(template: string, values: NameValues): string {
  const missing = wordsOf(template).find((word) => !values[word]);
  if (missing !== undefined)
    throw usageError(`displayName "${template}": the source has no ${missing}`, { hint: 'Omit it from displayName.' });
  const name = template.replace(wordPattern, (_text, word: string) => (isWord(word) ? (values[word] ?? '') : ''));
  checkName(name);
  if (name === '') throw usageError('displayName is empty');
  return name;
}

/** A time as it stands in names: `20261129`. */
export const dateWord = (time: string | undefined): string | undefined => time?.slice(0, 10).replaceAll('-', '');

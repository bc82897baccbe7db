import { type Circumstances, type Code, ImgctlError } from '../../core/errors.ts';
import { answerError, type ErrorText } from '../../core/answer-error.ts';
import type { ApiAnswer } from '../../core/http.ts';
import type { Answer } from '../../core/answer.ts';
import { isObject, objectsIn, parsedJson, textIn, type JsonObject } from '../../core/json.ts';

/** What an unwelcome answer says: every reason with its field, or an HTML page's title; no words if there are none. */
function explain(text: string): ErrorText {
  // Oddity: the front end answers in HTML where the API itself would answer in JSON.
  const title = /<title>([^<]*)<\/title>/i.exec(text)?.[1];
  if (title !== undefined) return { words: title, isOwn: false };
  const words = listIn(text, 'errors').map(reasonOf).filter(Boolean).join('; ');
  return { words, isOwn: words !== '' };
}

/** The objects of a list in a JSON answer; none where it is no such answer. */
function listIn(text: string, name: 'errors' | 'warnings'): readonly JsonObject[] {
  const body = parsedJson(text);
  return isObject(body) ? objectsIn(body[name]) : [];
}

/** What a success warns of: the title and details of each warning. */
export const warningsOf = (text: string): readonly string[] =>
  text.includes('"warnings"')
    ? listIn(text, 'warnings')
        .map(({ title, details }) => [textIn(title), textIn(details)].filter(Boolean).join(': '))
        .filter(Boolean)
    : [];

/** Oddity: what a Linode's other work is in the way of is refused as 400, as a mistake would be; nothing was done. */
export const isBusy = (answer: Answer & { readonly text: string }): boolean =>
  answer.status === 400 && /\bbusy\b/i.test(explain(answer.text).words);

/** Refusals that are told as 400 and are no mistake of who typed the command. */
const notMistakes: readonly (readonly [words: RegExp, code: Code, hint: string])[] = [
  [/\bbusy\b/i, 'CONFLICT', 'The Linode is busy with other work. Try again when it is done.'],
  [
    /\b(limit|quota)\b.*\b(reached|exceeded)\b|\bexceeds?\b.*\b(limit|quota)\b/i,
    'LIMIT',
    'Delete images that you no longer need, or ask Linode support to raise the limit.',
  ],
];

function reasonOf(error: Readonly<Record<string, unknown>>): string {
  const reason = textIn(error.reason) ?? '';
  const field = textIn(error.field);
  return field === undefined ? reason : `${field}: ${reason}`;
}

/** The code and message of an object store's XML error (S3 protocol), or empty. */
export function explainXml(text: string): string {
  const part = (name: string): string | undefined => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1];
  return [part('Code'), part('Message')].filter((word) => word !== undefined).join(': ');
}

const regionHint: Circumstances = { hint: 'List regions with:', next: [{ verb: 'places' }] };

/** The error for an unwelcome answer of the API. `what` says what was being done; `more` is what else is known. */
export function errorFrom(answer: ApiAnswer, what: string, more: Circumstances = {}): ImgctlError {
  const said = explain(answer.text);
  const scopes =
    'The token lacks a scope or grant: images need images:read_write, and linodes:read_only to create one from a disk.';
  const isOfRegion = answer.status === 400 && /\bregion\b/i.test(said.words);
  const hints: Circumstances = answer.status === 403 ? { hint: scopes } : isOfRegion ? regionHint : {};
  const error = answerError(answer, what, said, { ...hints, ...more });
  const known = answer.status === 400 ? notMistakes.find(([pattern]) => pattern.test(said.words)) : undefined;
  return known ? new ImgctlError(known[1], error.message, { ...error.circumstances, hint: known[2] }) : error;
}

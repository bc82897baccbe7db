import { answerError, type ErrorText } from '../../core/answer-error.ts';
import { ImgctlError, providerError, type Circumstances, type Code } from '../../core/errors.ts';
import type { ApiAnswer } from '../../core/http.ts';
import { isObject, parsedJson, textIn, type JsonObject } from '../../core/json.ts';

/** What it fetches by URL is no plain file. */
const noArchive = /missing \S+-image-(hash|url) header/i;

/** What the server's words stand for, whatever the status: most faults are told as 500. They have been the same since 2015. */
const kinds: readonly (readonly [words: RegExp, code: Code])[] = [
  [
    /same fingerprint already exists|image already exists|alias already exists|alias ".*" already exists|etag doesn't match/i,
    'CONFLICT',
  ],
  [/cannot export a running instance/i, 'CONFLICT'],
  [/fingerprints? don't match|fingerprint doesn't match|hash mismatch/i, 'INTEGRITY'],
  [/exceeding quota|no space left on device/i, 'LIMIT'],
  [/not authorized|doesn't have permission|does not have permission/i, 'AUTH'],
  [/\bnot found\b|doesn't exist/i, 'NOT_FOUND'],
  [noArchive, 'UNSUPPORTED'],
  [/architecture isn't supported|invalid instance type|unsupported compression/i, 'USAGE'],
];

export const codeOfWords = (words: string): Code | undefined => kinds.find(([pattern]) => pattern.test(words))?.[1];

/** Somebody else has changed the image since it was looked at. */
export const isStale = (answer: Pick<ApiAnswer, 'status'>): boolean => answer.status === 412;

const open = new WeakSet<Error>();

/** Whether the server may have begun what it was asked for: no answer came, or one that is not its own and refuses nothing. */
export const isOpen = (error: unknown): error is ImgctlError =>
  error instanceof ImgctlError && ((error.code === 'NETWORK' && !error.circumstances.unsent) || open.has(error));

/** What a success says. Throws PROVIDER where it is none of the API's. */
export function envelopeOf(answer: ApiAnswer, what: string): JsonObject {
  try {
    const body = answer.json();
    if (isObject(body) && textIn(body.type) !== undefined) return body;
    throw providerError(`${what}: the answer is not the API's`);
  } catch (error) {
    if (error instanceof ImgctlError) open.add(error);
    throw error;
  }
}

/** The error for an unwelcome answer. `what` says what was being done. */
export function errorFrom(answer: ApiAnswer, what: string, more: Circumstances = {}): ImgctlError {
  const said = readError(answer.text);
  const error = answerError(answer, what, said, { ...hintFor(answer.status, said.words), ...more });
  // Of a failure of the server's own the words tell more than the status.
  const code = said.isOwn && answer.status >= 500 ? codeOfWords(said.words) : undefined;
  const told = code === undefined ? error : new ImgctlError(code, error.message, error.circumstances);
  if (!said.isOwn && (answer.status < 400 || answer.status >= 500)) open.add(told);
  return told;
}

/** The error for what the server has said inside a success: by its words alone. */
export const saidError = (words: string, what: string): ImgctlError =>
  new ImgctlError(codeOfWords(words) ?? 'PROVIDER', `${what}: ${words}`, hintFor(0, words));

function hintFor(status: number, words: string): Circumstances {
  if (/exceeding quota/i.test(words)) return { hint: 'Delete images, or raise limits.disk of the project.' };
  if (/no space left/i.test(words)) return { hint: 'Delete images on the server: while it takes one it needs twice its size.' };
  if (noArchive.test(words))
    return {
      hint: [
        'Use an address that answers HEAD with Incus-Image-Hash and Incus-Image-URL (LXD-Image-Hash and LXD-Image-URL), and leads to',
        'a whole image archive: the server itself fetches no other. A disk is sent through this machine with:',
      ].join('\n'),
      next: [{ verb: 'upload', args: ['URL'], options: { name: { inProfile: 'NAME' } } }],
    };
  if (status === 403) return { hint: 'Check the project in the profile: a certificate may be restricted to others.' };
  return {};
}

/** What an answer says: an envelope of type `error` is the API itself; anything else is a gateway or another server. */
function readError(text: string): ErrorText {
  const body = parsedJson(text);
  const isOwn = isObject(body) && body.type === 'error';
  return { words: isOwn ? (textIn(body.error) ?? '') : '', isOwn };
}

import { ImgctlError, type Circumstances, type Code } from '../../core/errors.ts';
import { answerError, withoutQuery } from '../../core/answer-error.ts';
import type { Answer } from '../../core/answer.ts';
import { isHtml, htmlText } from '../../core/html-text.ts';
import { isObject, parseJson } from '../../core/json.ts';

/** Codes of registries (distribution-spec 1.1, "Error Codes") that say more than the HTTP status does. */
const meanings: Readonly<Record<string, Code>> = {
  DIGEST_INVALID: 'INTEGRITY',
  SIZE_INVALID: 'INTEGRITY',
  // The registry has lost the upload, or what was uploaded: sending it anew helps.
  BLOB_UPLOAD_UNKNOWN: 'NETWORK',
  BLOB_UPLOAD_INVALID: 'NETWORK',
  MANIFEST_BLOB_UNKNOWN: 'NETWORK',
  UNAUTHORIZED: 'AUTH',
  DENIED: 'AUTH',
  TOOMANYREQUESTS: 'LIMIT',
};
const longestWords = 200;

/** Oddity: a quota is told as 400, 403, 412, 413 or 507, at blobs and at manifests, and with any code: only the words tell. */
const aboutRoom =
  /\bquota\b|exceed\w*\b.{0,60}\b(?:limit|storage|space|size)|(?:limit|storage|space)\b.{0,60}\bexceeded|insufficient (?:storage|space)|no space left/i;

/** Whether a registry's own words, and not a proxy's, are about the room that there is for all images together. */
export const isQuota = (body: string): boolean =>
  isRegistryError(body) && /\bquota\b|\bstorage\b|upper limit/i.test(wordsOf(body));

interface CodeAndWords {
  readonly code: string;
  readonly words: string;
}

/** The first error in a body. Oddity: `detail` is of any type, and may be all there is; only text is for people. */
function errorIn(body: string): CodeAndWords | undefined {
  const errors = parseJson(body)?.errors;
  const [first] = Array.isArray(errors) ? (errors as readonly unknown[]) : [];
  if (!isObject(first)) return undefined;
  const { code, message, detail } = first;
  const more = isObject(detail) ? (detail.message ?? detail.error) : detail;
  const words = [message, more].filter((part) => typeof part === 'string' && part !== '');
  return { code: typeof code === 'string' ? code : '', words: [...new Set(words)].join(': ') };
}

/** The registry's code for an error, empty if the body is none of its errors. */
export const errorCode = (body: string): string => errorIn(body)?.code ?? '';

/**
 * Whether a body has the form that the specification gives errors: they have a code. A 404 of that form means "not there", whatever its code
 * says: registries have codes of their own for a repository that nobody has written to.
 */
export const isRegistryError = (body: string): boolean => errorCode(body) !== '';

/** What an error's body says. Oddity: unknown routes and read-only registries answer in plain text, proxies in HTML. */
export const wordsOf = (body: string): string =>
  errorIn(body)?.words ??
  (isHtml(body) ? htmlText(body).slice(0, longestWords) : body.replace(/\s+/g, ' ').slice(0, longestWords));

const readOnly: Circumstances = {
  hint: 'Ask the operator of the registry, which is read-only now (CNCF distribution: storage.maintenance.readonly).',
};

/** The kind of failure, where the words or the code say more than the status. Nothing here is about what was typed. */
function codeFor(byStatus: Code, status: number, body: string): Code {
  if (status >= 400 && aboutRoom.test(wordsOf(body))) return 'LIMIT';
  return meanings[errorCode(body)] ?? (byStatus === 'USAGE' ? 'PROVIDER' : byStatus);
}

/**
 * The error that an unwelcome answer stands for. `what` says what was being done, `write` that it was to change something.
 * Oddity: a registry that is read-only for now refuses writes with a 405 in plain text.
 */
export function errorFrom(
  answer: Answer,
  body: string,
  what: string,
  { write = false, ...more }: Circumstances & { readonly write?: boolean } = {},
): ImgctlError {
  if (answer.status === 405 && write && !isRegistryError(body) && !isHtml(body)) {
    const { message, circumstances } = answerError(answer, what, { words: wordsOf(body), isOwn: true }, readOnly);
    return new ImgctlError('CONFLICT', message, circumstances);
  }
  const error = answerError(answer, what, { words: wordsToShow(answer, body), isOwn: isRegistryError(body) }, more);
  const code = codeFor(error.code, answer.status, body);
  return code === error.code ? error : new ImgctlError(code, error.message, error.circumstances);
}

/** Of a redirect that is not followed, where it leads. */
function wordsToShow({ status, headers: { location } }: Answer, body: string): string {
  return status >= 300 && status < 400 && location !== undefined ? `redirected to ${withoutQuery(location)}` : wordsOf(body);
}

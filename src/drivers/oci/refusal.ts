import { answerError, ImgctlError, type Circumstances, type Code } from '../../core/errors.ts';
import type { Answer } from '../../core/http.ts';
import { isJson, parseJson } from '../_oci/manifest.ts';

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

interface Said {
  readonly code: string;
  readonly words: string;
}

/** The first error in a body. Oddity: `detail` is of any type, and may be all there is; only text is for people. */
function saidIn(body: string): Said | undefined {
  const errors = parseJson(body)?.errors;
  const [first] = Array.isArray(errors) ? (errors as readonly unknown[]) : [];
  if (!isJson(first)) return undefined;
  const { code, message, detail } = first;
  const words = [message, detail].filter((part) => typeof part === 'string' && part !== '').join(': ');
  return { code: String(code ?? ''), words };
}

/** The registry's code for an error, empty if the body is none of its errors. */
export const errorCode = (body: string): string => saidIn(body)?.code ?? '';

/** What an error's body says. Oddity: unknown routes and read-only registries answer in plain text, proxies in HTML. */
const wordsOf = (body: string): string =>
  saidIn(body)?.words ?? (/^\s*</.test(body) ? '' : body.replace(/\s+/g, ' ').slice(0, longestWords));

const readOnly: Circumstances = {
  hint: 'the registry can only be read now; ask whoever runs it (storage.maintenance.readonly in the configuration of CNCF distribution)',
};

/**
 * The error that an unwelcome answer stands for. `what` says what was being done.
 * Oddity: a registry that is read-only for now refuses writes with a 405 in plain text.
 */
export function refused(answer: Answer, body: string, what: string, more: Circumstances = {}): ImgctlError {
  if (answer.status === 405 && saidIn(body) === undefined) {
    const { message, circumstances } = answerError(answer, what, wordsOf(body), readOnly);
    return new ImgctlError('CONFLICT', message, circumstances);
  }
  const error = answerError(answer, what, wordsOf(body), more);
  const code = meanings[errorCode(body)];
  return code === undefined || code === error.code ? error : new ImgctlError(code, error.message, error.circumstances);
}

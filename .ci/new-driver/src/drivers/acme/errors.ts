import { answerError, type ErrorText } from '../../core/answer-error.ts';
import type { ImgctlError } from '../../core/errors.ts';
import type { ApiAnswer } from '../../core/http.ts';
import { isObject, textIn } from './record.ts';

/** The error for an unwelcome answer. `what` says what was being done. */
export const errorFrom = (answer: ApiAnswer, what: string): ImgctlError => answerError(answer, what, readError(answer.text));

/** What an answer says: `{"error": {"message": "…"}}` is the API itself; anything else is a gateway or another server. */
function readError(text: string): ErrorText {
  const body = parsed(text);
  const message = isObject(body) && isObject(body.error) ? textIn(body.error.message) : undefined;
  return { words: message ?? '', isOwn: message !== undefined };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A page of a proxy: its status says enough.
    return undefined;
  }
}

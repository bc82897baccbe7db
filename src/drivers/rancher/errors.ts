import { providerError, type Circumstances, type ImgctlError } from '../../core/errors.ts';
import { answerError, withoutQuery, type ErrorText, answerCircumstances } from '../../core/answer-error.ts';
import type { ApiAnswer } from '../../core/http.ts';
import { isHtml, htmlText } from '../../core/html-text.ts';
import { parseJson } from '../../core/json.ts';
import type { Address } from './address.ts';

/**
 * The body of an error; its `type` says that it is one. `message` is null for failed validations: then `code` and `fieldName` say
 * it all.
 */
interface ErrorBody {
  readonly type?: unknown;
  readonly baseType?: unknown;
  readonly status?: unknown;
  readonly id?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
  readonly detail?: unknown;
  readonly fieldName?: unknown;
}

/** The error that an unwelcome answer stands for; `what` says what was being done. */
export function errorFrom(answer: ApiAnswer, what: string, address: Address): ImgctlError {
  const location = answer.headers['location'];
  if (answer.status >= 300 && answer.status < 400 && location !== undefined)
    return providerError(`${what}: the server sends elsewhere, to ${withoutQuery(location)} (HTTP ${answer.status})`, {
      ...answerCircumstances(answer),
      hint: 'Put the URL that answers into url in the profile: redirects are not followed with a key.',
    });
  return answerError(answer, what, said(answer), circumstances(answer, address));
}

/** `code` of an error's body; absent when there is none, as in a proxy's page. */
export function errorCode(answer: ApiAnswer): string | undefined {
  return text(bodyOf(answer)?.code);
}

/** Whether the server itself has refused; else a proxy, a gateway or another server has answered in its place. */
export const isErrorBody = (answer: ApiAnswer): boolean => isError(bodyOf(answer), answer);
const isError = (body: ErrorBody | undefined, { status }: ApiAnswer): boolean =>
  body?.type === 'error' || body?.baseType === 'error' || (body?.status === status && text(body.code) !== undefined);

function circumstances(answer: ApiAnswer, address: Address): Circumstances {
  if (answer.status === 401)
    return {
      hint: `Check where the key for ${address.root} comes from with:`,
      next: [{ verb: 'profile show' }],
    };
  if (answer.status === 403 && address.project !== undefined)
    return { hint: `Project ${address.project} is unknown, inactive, or not open to this key.` };
  return {};
}

function said(answer: ApiAnswer): ErrorText {
  const body = bodyOf(answer);
  return { words: body ? words(answer, body) : readable(answer.text), isOwn: isError(body, answer) };
}

function words(answer: ApiAnswer, body: ErrorBody): string {
  const code = text(body.code);
  const message = text(body.message);
  const field = text(body.fieldName);
  const id = answer.status >= 500 ? text(body.id) : undefined;
  return [
    code,
    message === code ? undefined : message,
    field === undefined ? undefined : `in field ${field}`,
    text(body.detail),
    id === undefined ? undefined : `the server's log has it as ${id}`,
  ]
    .filter((part) => part !== undefined)
    .join(', ');
}

/** What a page of a proxy says, without its tags. */
const readable = (text: string): string => (isHtml(text) ? htmlText(text) : text).replace(/\s+/g, ' ').trim().slice(0, 200);

const bodyOf = (answer: ApiAnswer): ErrorBody | undefined => parseJson(answer.text);

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

import { configError, ImgctlError, providerError, type Circumstances } from '../../core/errors.ts';
import { answerError, answerCircumstances, withoutQuery, type ErrorText } from '../../core/answer-error.ts';
import type { Answer } from '../../core/answer.ts';
import { isHtml, isServicePage, htmlText } from '../../core/html-text.ts';
import { isObject, objectIn, parsedJson } from '../../core/json.ts';
import { policyHint, withoutSchema } from './error-text.ts';
import { textIn } from './json.ts';

const withoutBreaks = (text: string): string =>
  text
    .replace(/<br\s*\/?>/gi, ' ')
    .replace(/\s+/g, ' ')
    .trim();

/**
 * What an error's body says, in one line; empty when it says nothing.
 * Oddity: the same error comes as JSON from Keystone (`error.message`), from Nova and Cinder (the same in `forbidden` and the
 * like), and from Glance (`message`, with a tail of `<br />`), as HTML from Glance's own middleware and from proxies, and as text under a "404 Not Found" headline.
 */
export function errorText(body: string): string {
  const value = parsedJson(body);
  if (isObject(value)) {
    const [inner] = Object.values(value).flatMap((one) => textIn(objectIn(one).message) ?? []);
    const message = textIn(value.message) ?? textIn(value.error) ?? inner;
    return withoutSchema(withoutBreaks(message ?? ''));
  }
  if (isHtml(body)) return htmlText(body);
  return withoutBreaks(body.replace(/^\s*\d{3} [^\n]*\n\s*\n/, '')).slice(0, 500);
}

/** A text in the form in which Glance's framework answers who does not want JSON: a headline, a blank line, and the words. */
const isPlainRefusal = (body: string): boolean => /^\s*\d{3} [^\n]*\r?\n\s*\n\s*\S/.test(body);

/** Whether a body is JSON in the form of Glance's errors (`message`, `code`, `title`), or of Keystone's (the same in `error`). */
export function isErrorBody(body: string): boolean {
  const value = parsedJson(body);
  if (!isObject(value)) return false;
  const { message, title, code } = isObject(value.error) ? value.error : value;
  return textIn(message) !== undefined && (textIn(title) !== undefined || textIn(code) !== undefined);
}

/** What Glance says of what is not there, whatever it is wrapped in on the way. */
const ownWords =
  /no image found with id|failed to find image|\bimage\b.{0,100}\b(?:not found|not stored in|does not exist)|in the member list of|the resource could not be found/i;

/**
 * What an unwelcome answer says. Only OpenStack's own services put their request id on it; where that is missing, the form of
 * their errors tells: of other JSON, of the pages of proxies and of nothing at all nobody knows who has said it.
 */
export function readError(answer: Answer, body: string): ErrorText {
  const words = errorText(body);
  const isOwn =
    answer.headers['x-openstack-request-id'] !== undefined ||
    ownWords.test(words) ||
    isErrorBody(body) ||
    (isHtml(body) ? isServicePage(body) : isPlainRefusal(body));
  return { words, isOwn };
}

/** Glance answers 403 not only to who may not, but also where the state of the image is what forbids it. */
export const isForbidden = (error: unknown): error is ImgctlError =>
  error instanceof ImgctlError && error.circumstances.status === 403;

/**
 * The error behind an unwelcome answer of Glance. 300 (Glance's list of versions) is CONFIG, since the address is
 * wrong; a redirect is PROVIDER and is not followed, because the token would go along.
 */
export function errorFrom(
  answer: Answer & { readonly url: string },
  body: string,
  what: string,
  more: Circumstances = {},
): ImgctlError {
  const { status, headers } = answer;
  if (status === 300)
    return configError(`${what}: ${answer.url} answers with a list of versions: this is not the address of the API itself`, {
      ...answerCircumstances(answer),
      hint: 'Set imageEndpoint to the URL in front of /v2.',
      ...more,
    });
  if (status >= 301 && status < 400)
    return providerError(
      `${what}: ${answer.url} redirects to ${withoutQuery(headers.location ?? 'nowhere')} (HTTP ${status}), which is not followed`,
      {
        ...answerCircumstances(answer),
        hint: 'Set imageEndpoint or authUrl to the final URL.',
        ...more,
      },
    );
  const told = readError(answer, body);
  const hint = status === 403 ? policyHint(told.words) : undefined;
  return answerError(answer, what, told, { ...(hint === undefined ? {} : { hint }), ...more });
}

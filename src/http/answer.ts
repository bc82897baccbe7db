import { providerError } from '../core/errors.ts';
import type { ApiAnswer } from '../core/http.ts';
import { isHtml, htmlTitle } from '../core/html-text.ts';
import type { Redactor } from '../core/redact.ts';

/** Levels that no provider's answer has: whoever walks through more runs out of stack. */
const deepest = 500;

/** Whether a JSON text nests deeper than any honest answer. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charCodeAt(at);
    if (sign === 0x22) at = endOfString(text, at);
    else if (sign === 0x5b || sign === 0x7b) depth += 1;
    else if (sign === 0x5d || sign === 0x7d) depth -= 1;
    if (depth > deepest) return true;
  }
  return false;
}

/** Where the string that begins here ends: at its closing quote, which no odd number of backslashes stands before. */
function endOfString(text: string, begin: number): number {
  for (let end = text.indexOf('"', begin + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes += 1;
    if (slashes % 2 === 0) return end;
  }
  return text.length;
}

/** An answer whose `json()` throws PROVIDER, with the content type and the beginning of the body, when it is not JSON. */
export function apiAnswer(answer: Omit<ApiAnswer, 'json'>, redactor: Redactor): ApiAnswer {
  return {
    ...answer,
    json() {
      if (isTooDeep(answer.text))
        throw providerError(`${answer.url} answered JSON of more than ${deepest} levels`, { status: answer.status });
      try {
        return JSON.parse(answer.text) as unknown;
      } catch {
        const type = redactor.line(answer.headers['content-type'] ?? 'no content type');
        const html = /html/i.test(type) || isHtml(answer.text);
        throw providerError(`${answer.url} answered ${came(answer.text, html, redactor)} (HTTP ${answer.status}, ${type})`, {
          status: answer.status,
          ...(html ? { hint: 'Check that this is the address of the API, and not of a sign-in page or a proxy.' } : {}),
        });
      }
    },
  };
}

/** What came instead of JSON, in words: the body itself is for --debug. */
function came(text: string, html: boolean, redactor: Redactor): string {
  if (text.trim() === '') return 'nothing instead of JSON';
  if (!html) {
    const bytes = Buffer.byteLength(text);
    return /^\s*[[{]/.test(text)
      ? `JSON that is invalid or breaks off after ${bytes} bytes`
      : `${bytes} bytes of something other than JSON`;
  }
  const title = htmlTitle(text);
  return `HTML instead of JSON${title === undefined ? '' : ` ("${redactor.line(redactor.hide(title))}")`}`;
}

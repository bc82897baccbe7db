import { providerError } from '../core/errors.ts';
import type { ApiAnswer } from '../core/http.ts';
import type { Redactor } from './redact.ts';

const longestQuote = 80;

/** The beginning of a body for a message: in one line, without secrets. */
function quote(text: string, redactor: Redactor): string {
  const line = redactor.line(
    redactor
      .hide(text)
      .slice(0, longestQuote * 10)
      .replace(/\s+/g, ' ')
      .trim(),
  );
  return line.length > longestQuote ? `${line.slice(0, longestQuote)}…` : line;
}

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
        const type = redactor.line(answer.headers['content-type'] ?? 'without a content type');
        const html = /html/i.test(type) || /^\s*<(!doctype|html)/i.test(answer.text);
        const came = answer.text.trim() === '' ? 'nothing' : html ? 'HTML' : 'something else';
        throw providerError(
          `${answer.url} answered ${came} instead of JSON (HTTP ${answer.status}, ${type})${came === 'nothing' ? '' : `: ${quote(answer.text, redactor)}`}`,
          {
            status: answer.status,
            ...(html ? { hint: 'is this the address of the API, and not of a sign-in page or a proxy?' } : {}),
          },
        );
      }
    },
  };
}

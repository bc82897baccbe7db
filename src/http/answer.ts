import { providerError } from '../core/errors.ts';
import type { ApiAnswer } from '../core/http.ts';
import type { Redactor } from './redact.ts';

const longestQuote = 80;

/** The beginning of a body for a message: in one line, without secrets. */
function quote(text: string, redactor: Redactor): string {
  const line = redactor.line(
    text
      .slice(0, longestQuote * 10)
      .replace(/\s+/g, ' ')
      .trim(),
  );
  return line.length > longestQuote ? `${line.slice(0, longestQuote)}…` : line;
}

/** An answer whose `json()` throws PROVIDER, with the content type and the beginning of the body, when it is not JSON. */
export function apiAnswer(answer: Omit<ApiAnswer, 'json'>, redactor: Redactor): ApiAnswer {
  return {
    ...answer,
    json() {
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

import type { Answer } from '../core/answer.ts';
import type { Redactor } from '../core/redact.ts';
import { shownBody, shownHeaders } from './redact.ts';
import type { WireRequest } from './wire.ts';

/** Tells what is going on: one line for each request, answer and failure. */
export interface Trace {
  request(request: WireRequest, bulk?: string): void;
  answer(request: WireRequest, answer: Answer, sinceMs: number, body?: string): void;
  failed(request: WireRequest, error: unknown, sinceMs: number): void;
}

/** A trace for `--debug`; without `write` it costs nothing. */
export function createTrace(write: ((line: string) => void) | undefined, redactor: Redactor): Trace {
  const tell = (...parts: readonly string[]): void => write?.(redactor.line(parts.filter((part) => part !== '').join(' ')));
  // Secrets go before the body is cut: half of one is no longer found.
  const bodyOf = (text = ''): string => shownBody(redactor.hide(text));
  const took = (sinceMs: number): string => `${Math.round(performance.now() - sinceMs)} ms`;
  if (!write) return { request: () => undefined, answer: () => undefined, failed: () => undefined };
  return {
    request: (request, bulk) =>
      tell('>', request.method, request.shown, `(${shownHeaders(request.headers)})`, bulk ?? bodyOf(request.shownBody)),
    answer(request, answer, sinceMs, body) {
      const token = answer.headers['x-subject-token'];
      if (token !== undefined) redactor.learn(token);
      tell(
        '<',
        String(answer.status),
        request.method,
        request.shown,
        took(sinceMs),
        `(${shownHeaders(answer.headers)})`,
        bodyOf(body),
      );
    },
    failed: (request, error, sinceMs) =>
      tell('!', request.method, request.shown, took(sinceMs), error instanceof Error ? error.message : String(error)),
  };
}

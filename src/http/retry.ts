import { setTimeout as sleep } from 'node:timers/promises';
import { ImgctlError, limitError, providerError } from '../core/errors.ts';
import type { Answer, ApiRequest } from '../core/http.ts';
import type { Call } from '../core/operation.ts';
import { aborted, mayPass } from './failure.ts';

const worthAnotherTry = [408, 429, 500, 502, 503, 504];
const harmlessTwice = ['GET', 'HEAD', 'PUT', 'DELETE'];

/** Longest wait that is done because a server asks for it. */
const longestWaitMs = 60_000;
/** Longest pause of our own choice. */
const longestPauseMs = 20_000;

/** Milliseconds that `Retry-After` asks for (RFC 9110 section 10.2.3: seconds, or a date); absent if it says nothing sensible. */
function retryAfterMs(value: string | undefined, now: number): number | undefined {
  if (value === undefined || value.trim() === '') return undefined;
  if (/^\s*\d+(\.\d+)?\s*$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/** Pause before try number `tries` + 1: doubling, and spread so that many clients do not come back at once. */
function pauseMs(tries: number, status: number | undefined): number {
  const first = status === 429 ? 1000 : 300;
  return Math.min(longestPauseMs, first * 2 ** (tries - 1) * (1 + Math.random() / 2));
}

const isRepeatable = (request: ApiRequest): boolean => request.repeatable ?? harmlessTwice.includes(request.method);

/** Whether an answer is a reason to ask again. */
function wantsRetry(request: ApiRequest, answer: Answer & { readonly text: string }): boolean {
  // A maintenance that was announced in the answer lasts longer than any pause of ours.
  if (answer.status === 503 && answer.headers['x-maintenance-mode'] !== undefined) return false;
  if (request.retryWhen?.(answer)) return true;
  const statuses = request.retryOn ?? worthAnotherTry;
  if (!statuses.includes(answer.status)) return false;
  // Whoever answers 429 has refused before doing anything (RFC 6585 section 4): asking again repeats nothing.
  return answer.status === 429 || isRepeatable(request);
}

/** Throws LIMIT or PROVIDER when the server asks for a longer pause than anybody wants to sit through. */
function refuseLongWait(answer: Answer, peer: string, waitMs: number): void {
  if (waitMs <= longestWaitMs) return;
  const fail = answer.status === 429 ? limitError : providerError;
  const seconds = Math.ceil(waitMs / 1000);
  throw fail(`${peer} asks for a pause of ${seconds} s (HTTP ${answer.status})`, {
    status: answer.status,
    hint: `try again in ${seconds > 120 ? `${Math.ceil(seconds / 60)} minutes` : `${seconds} s`}`,
  });
}

/** Why to try again, after which pause, and what is to be told when there is no try left. */
interface Setback<A> {
  readonly reason: string;
  readonly afterMs: number;
  outcome(): A;
}

function setbackOf<A extends Answer & { readonly text: string }>(
  request: ApiRequest,
  peer: string,
  answer: A,
  tries: number,
): Setback<A> | undefined {
  if (!wantsRetry(request, answer)) return undefined;
  const asked = retryAfterMs(answer.headers['retry-after'], Date.now());
  if (asked !== undefined) refuseLongWait(answer, peer, asked);
  return {
    reason: `${peer} answered HTTP ${answer.status}`,
    afterMs: asked ?? pauseMs(tries, answer.status),
    outcome: () => answer,
  };
}

function setbackOfError(request: ApiRequest, error: unknown, tries: number): Setback<never> | undefined {
  if (!(error instanceof ImgctlError) || !mayPass(error) || !isRepeatable(request)) return undefined;
  return {
    reason: error.message,
    afterMs: pauseMs(tries, undefined),
    outcome() {
      throw error;
    },
  };
}

/**
 * Asks until there is an answer that is not worth another try, or `call.retries` is used up: then the last answer
 * is returned or the last error thrown. Every retry takes one from the budget and is noted. `peer` names the server.
 */
export async function withRetries<A extends Answer & { readonly text: string }>(
  request: ApiRequest,
  peer: string,
  call: Call,
  ask: () => Promise<A>,
): Promise<A> {
  for (let tries = 1; ; tries += 1) {
    let setback: Setback<A> | undefined;
    try {
      const answer = await ask();
      setback = setbackOf(request, peer, answer, tries);
      if (!setback) return answer;
    } catch (error) {
      setback = setbackOfError(request, error, tries);
      if (!setback) throw error;
    }
    if (call.retries.left <= 0) return setback.outcome();
    call.retries.left -= 1;
    call.note({ kind: 'retry', reason: setback.reason, afterMs: Math.round(setback.afterMs) });
    await sleep(setback.afterMs, undefined, { signal: call.signal }).catch(() => {
      throw aborted();
    });
  }
}

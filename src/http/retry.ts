import { ImgctlError, limitError, providerError } from '../core/errors.ts';
import { retryAfterMs } from '../core/answer-error.ts';
import type { ApiRequest } from '../core/http.ts';
import type { Answer } from '../core/answer.ts';
import type { Call } from '../core/operation.ts';
import { retryLaterHint, longestRetryAfterMs, backoffMs, takeRetry } from '../core/retry.ts';
import { isTransient } from './failure.ts';

/** Failures of a server that last: what it cannot do, and room that it has not got. */
const permanent = [501, 505, 506, 507, 508, 510, 511];
/** Gateways have statuses of their own beside the registered ones (520 to 530). */
const worthAnotherTry = (status: number): boolean =>
  status === 408 || status === 429 || (status >= 500 && !permanent.includes(status));
const harmlessTwice = ['GET', 'HEAD', 'PUT', 'DELETE'];

/** What of a request decides whether it is sent again. */
export type Repeating<A> = Pick<ApiRequest, 'method' | 'repeatable' | 'retryOn'> & {
  readonly retryWhen?: ((answer: A) => boolean) | undefined;
};

const isRepeatable = (request: Pick<ApiRequest, 'method' | 'repeatable'>): boolean =>
  request.repeatable ?? harmlessTwice.includes(request.method);

/** Whether an answer is a reason to ask again. */
function wantsRetry<A extends Answer>(request: Repeating<A>, answer: A): boolean {
  // A maintenance that was announced in the answer lasts longer than any pause of ours.
  if (answer.status === 503 && answer.headers['x-maintenance-mode'] !== undefined) return false;
  if (request.retryWhen?.(answer)) return true;
  if (!(request.retryOn?.includes(answer.status) ?? worthAnotherTry(answer.status))) return false;
  // Whoever answers 429 has refused before doing anything (RFC 6585 section 4): asking again repeats nothing.
  return answer.status === 429 || isRepeatable(request);
}

/** Throws LIMIT or PROVIDER when the server asks for a longer pause than anybody wants to sit through. */
function refuseLongWait(answer: Answer, peer: string, waitMs: number): void {
  if (waitMs <= longestRetryAfterMs) return;
  const fail = answer.status === 429 ? limitError : providerError;
  throw fail(`${peer} asks for a pause of ${Math.ceil(waitMs / 1000)} s (HTTP ${answer.status})`, {
    status: answer.status,
    hint: retryLaterHint(waitMs),
  });
}

/** Why to try again, after which pause, and what is to be told when there is no try left. */
interface Setback<A> {
  readonly reason: string;
  readonly afterMs: number;
  outcome(): A;
}

function setbackOf<A extends Answer>(request: Repeating<A>, peer: string, answer: A, tries: number): Setback<A> | undefined {
  if (!wantsRetry(request, answer)) return undefined;
  const asked = retryAfterMs(answer.headers);
  if (asked !== undefined) refuseLongWait(answer, peer, asked);
  return {
    reason: `${peer} answered HTTP ${answer.status}`,
    afterMs: asked ?? backoffMs(tries, answer.status),
    outcome: () => answer,
  };
}

function setbackOfError(
  request: Pick<ApiRequest, 'method' | 'repeatable'>,
  error: unknown,
  tries: number,
): Setback<never> | undefined {
  if (!(error instanceof ImgctlError) || !isTransient(error)) return undefined;
  // What never left this machine is not sent twice.
  if (!isRepeatable(request) && error.circumstances.unsent !== true) return undefined;
  return {
    reason: error.message,
    afterMs: backoffMs(tries, undefined),
    outcome() {
      throw error;
    },
  };
}

/**
 * Asks until there is an answer that is not worth another try, or `call.retries` is used up: then the last answer
 * is returned or the last error thrown. Every retry takes one from the budget and is noted. `peer` names the server. `prepare`
 * makes what each try is asked with; what it throws is no failure of the try.
 */
export async function withRetries<P, A extends Answer>(
  request: Repeating<A>,
  peer: string,
  call: Call,
  prepare: () => P,
  ask: (prepared: Awaited<P>) => Promise<A>,
): Promise<A> {
  for (let tries = 1; ; tries += 1) {
    const prepared = await prepare();
    let setback: Setback<A> | undefined;
    try {
      const answer = await ask(prepared);
      setback = setbackOf(request, peer, answer, tries);
      if (!setback) return answer;
    } catch (error) {
      setback = setbackOfError(request, error, tries);
      if (!setback) throw error;
    }
    if (call.retries.left <= 0) return setback.outcome();
    await takeRetry(call, setback.reason, setback.afterMs);
  }
}

import type { ClientRequest, IncomingMessage } from 'node:http';
import { ImgctlError } from '../core/errors.ts';
import type { Throttle } from './throttle.ts';
import { watchConnecting } from './connect-phase.ts';
import { aborted, type Phase, timedOut } from './failure.ts';
import type { Route } from './route.ts';
import type { Limits } from './settings.ts';
import { answerHeaders, type WireRequest } from './wire.ts';
import { timerMs } from '../core/quantity.ts';

/** How fast bytes go, learned from those that went before. */
export interface Pace {
  piece: number;
  /** How many bytes had been given to a connection that broke off while it was sent to; absent: none did since the last answer. */
  brokeAt?: number | undefined;
}

/** What bulk transfers work with. */
export interface BulkTools {
  readonly route: Route;
  readonly limits: Limits;
  readonly throttle: Throttle;
  /** Bytes that are written at once, as they went last: what comes next to the same service goes as fast, as a rule. */
  readonly pace: Pace;
  readonly signal: AbortSignal;
}

/** A bulk request that is under way. */
export interface Exchange {
  readonly request: ClientRequest;
  /** The answer once its headers are there; rejects with NETWORK, PROVIDER or ABORTED. Safe to leave alone. */
  readonly answer: Promise<IncomingMessage>;
  /**
   * From now on the other side is waited for, `ms` at most: whatever bytes come or go meanwhile, only the next `wait` or `rest`
   * grants more time. The process stays alive for it.
   */
  wait(phase: Phase, ms: number): void;
  /** From now on we are the ones who take their time. Whoever never comes back does not keep the process alive. */
  rest(): void;
  /** The error for a failure from below. */
  explain(error: unknown): ImgctlError;
  /** Ends it; the connection is not used again. */
  stop(): void;
}

/** Begins a bulk request over node's own client. The time limit for connecting and the signal are seen to from here on. */
export function begin(wire: WireRequest, { route, limits, signal }: BulkTools): Exchange {
  if (signal.aborted) throw aborted();
  let wanted: Phase = 'sending';
  let limit: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  let readBefore = 0;
  // What node tells the reader of a body about its end says nothing of why we ended it.
  let reason: ImgctlError | undefined;
  const phase = (): Phase => connecting() ?? wanted;
  const explain = (error: unknown): ImgctlError => {
    if (reason) return reason;
    return error instanceof ImgctlError ? error : route.explain(error, phase());
  };
  const request = route.open({ method: wire.method, headers: { ...wire.headers } });
  const end = (error: ImgctlError): void => {
    reason ??= error;
    request.destroy(error);
  };
  // Once an answer was read the connection goes back to its agent, and may be somebody else's.
  const own = (): ClientRequest['socket'] => (request.destroyed ? null : request.socket);
  const count = (ms: number): void => {
    clearTimeout(timer);
    readBefore = request.socket?.bytesRead ?? 0;
    const hasCome = (): boolean => (request.socket?.bytesRead ?? 0) > readBefore;
    timer = setTimeout(() => end(timedOut(route.peer, phase(), ms, hasCome())), timerMs(ms));
    own()?.ref();
  };
  const patience = setTimeout(() => end(timedOut(route.peer, phase(), limits.timeoutMs)), limits.timeoutMs);
  const connecting = watchConnecting(request, () => {
    clearTimeout(patience);
    if (limit !== undefined) count(limit);
  });
  const onAbort = (): void => end(aborted());
  signal.addEventListener('abort', onAbort, { once: true });
  request.once('close', () => {
    clearTimeout(patience);
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  });
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', (message) => {
      const refused = route.refusal(message.statusCode ?? 0, answerHeaders(message.headers));
      if (!refused) return resolve(message);
      reject(refused);
      end(refused);
    });
    request.on('error', (error) => reject(explain(error)));
  });
  answer.catch(() => undefined);
  return {
    request,
    answer,
    explain,
    wait(next, ms) {
      wanted = next;
      limit = ms;
      if (!connecting()) count(ms);
    },
    rest() {
      limit = undefined;
      clearTimeout(timer);
      own()?.unref();
    },
    stop: () => void request.destroy(),
  };
}

import type { ClientRequest, IncomingMessage } from 'node:http';
import { ImgctlError } from '../core/errors.ts';
import type { Brake } from './brake.ts';
import { watchConnecting } from './connecting.ts';
import { aborted, failure, type Phase, timedOut } from './failure.ts';
import type { Route } from './route.ts';
import type { Limits } from './settings.ts';
import { answerHeaders, type WireRequest } from './wire.ts';

/** What bulk transfers work with. */
export interface BulkTools {
  readonly route: Route;
  readonly limits: Limits;
  readonly brake: Brake;
  readonly signal: AbortSignal;
}

/** A bulk request that is under way. */
export interface Exchange {
  readonly request: ClientRequest;
  /** The answer once its headers are there; rejects with NETWORK, PROVIDER or ABORTED. Safe to leave alone. */
  readonly answer: Promise<IncomingMessage>;
  /** From now on the other side is waited for: `ms` without a byte in either direction are a failure. */
  wait(phase: Phase, ms: number): void;
  /** From now on we are the ones who take their time. */
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
  // What node tells the reader of a body about its end says nothing of why we ended it.
  let reason: ImgctlError | undefined;
  const phase = (): Phase => connecting() ?? wanted;
  const explain = (error: unknown): ImgctlError => {
    if (reason) return reason;
    return error instanceof ImgctlError ? error : failure(error, route.peer, phase());
  };
  const request = route.open({ method: wire.method, headers: { ...wire.headers } });
  const end = (error: ImgctlError): void => {
    reason ??= error;
    request.destroy(error);
  };
  const patience = setTimeout(() => end(timedOut(route.peer, phase(), limits.timeoutMs)), limits.timeoutMs);
  const connecting = watchConnecting(request, () => {
    clearTimeout(patience);
    if (limit !== undefined) request.socket?.setTimeout(limit);
  });
  const onAbort = (): void => end(aborted());
  signal.addEventListener('abort', onAbort, { once: true });
  const onTimeout = (): void => {
    if (limit !== undefined && !connecting()) end(timedOut(route.peer, phase(), limit));
  };
  request.once('close', () => {
    clearTimeout(patience);
    signal.removeEventListener('abort', onAbort);
    request.socket?.off('timeout', onTimeout);
  });
  // The request itself tells of the first silence only, and that may have been ours.
  request.once('socket', (socket) => socket.on('timeout', onTimeout));
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
      // Setting it begins the count anew: time that we took ourselves is not the other side's.
      if (!connecting()) request.socket?.setTimeout(ms);
    },
    rest: () => void (limit = undefined),
    stop: () => void request.destroy(),
  };
}

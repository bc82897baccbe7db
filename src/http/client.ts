import { setMaxListeners } from 'node:events';
import type { Got, Response } from 'got';
import { type ImgctlError, providerError } from '../core/errors.ts';
import type { Answer } from '../core/answer.ts';
import { watchConnecting } from './connect-phase.ts';
import { aborted, type Phase, timedOut } from './failure.ts';
import type { Route } from './route.ts';
import type { Limits } from './settings.ts';
import { refuseEncoded } from './content-encoding.ts';
import { answerHeaders, type WireRequest } from './wire.ts';
import { timerMs } from '../core/quantity.ts';

/** How many times `stallMs` the body of an answer may take in all: it may not trickle in for ever. */
const bodyPatience = 5;

/** The phases of got's time limits. Those before a connection are not among them: got does not see into tunnels. */
const phases: Readonly<Record<string, Phase>> = {
  send: 'sending',
  response: 'waiting for the answer',
  read: 'reading the answer',
};

const limitsOfGot = ({ timeoutMs, stallMs }: Limits): Readonly<Record<'socket' | 'send' | 'response' | 'read', number>> => ({
  socket: stallMs,
  send: Math.max(timeoutMs, stallMs),
  response: timeoutMs,
  read: timerMs(stallMs * bodyPatience),
});

let loading: Promise<Got> | undefined;
/** got costs tens of milliseconds to load: only who asks an API pays them. */
const load = (): Promise<Got> => (loading ??= import('got').then((module) => module.got));

function explain(error: unknown, route: Route, phase: Phase, limits: Limits): ImgctlError {
  const event = error instanceof Error && error.name === 'TimeoutError' && 'event' in error ? String(error.event) : undefined;
  if (event === undefined) return route.explain(error, phase);
  const limit: Readonly<Record<string, number>> = limitsOfGot(limits);
  return timedOut(route.peer, phases[event] ?? phase, limit[event] ?? limits.timeoutMs);
}

/**
 * One try, without repeating it. Every status is an answer. Throws NETWORK when there is none, PROVIDER when it has
 * more than `maxBodyBytes`, ABORTED when `signal` fires.
 */
export async function ask(
  request: WireRequest,
  route: Route,
  limits: Limits,
  signal: AbortSignal,
): Promise<Answer & { readonly text: string }> {
  const got = await load();
  if (signal.aborted) throw aborted();
  let phase: Phase = 'sending';
  let connecting: () => Phase | undefined = () => undefined;
  let ended: ImgctlError | undefined;
  let tooLarge = false;
  const stop = new AbortController();
  const giveUp = (): void => {
    ended = timedOut(route.peer, connecting() ?? phase, limits.timeoutMs);
    stop.abort();
  };
  const patience = setTimeout(giveUp, limits.timeoutMs);
  // Not `AbortSignal.any`: of each such signal that somebody listens to something stays for as long as the run lives.
  const onAbort = (): void => stop.abort();
  // As many listen as there are requests under way: they are no leak.
  setMaxListeners(0, signal);
  signal.addEventListener('abort', onAbort, { once: true });
  const attempt = got(request.url, {
    method: request.method as 'GET',
    headers: { ...request.headers },
    ...(request.body === undefined ? {} : { body: request.body }),
    request(_url, options) {
      const opened = route.open(options);
      connecting = watchConnecting(opened, () => clearTimeout(patience));
      return opened;
    },
    responseType: 'buffer',
    followRedirect: false,
    throwHttpErrors: false,
    retry: { limit: 0 },
    signal: stop.signal,
    timeout: limitsOfGot(limits),
  });
  attempt.on('request', (sent) => {
    sent.once('finish', () => (phase = 'waiting for the answer'));
    sent.once('response', (message) => {
      phase = 'reading the answer';
      // Of a proxy's own page the headers are enough: some break the connection on it.
      ended = route.refusal(message.statusCode ?? 0, answerHeaders(message.headers));
      if (ended) stop.abort();
    });
  });
  attempt.on('downloadProgress', ({ transferred }) => {
    if (transferred <= limits.maxBodyBytes) return;
    tooLarge = true;
    stop.abort();
  });
  let response: Response<Buffer>;
  try {
    response = (await attempt) as Response<Buffer>;
  } catch (error) {
    if (signal.aborted) throw aborted();
    if (ended) throw ended;
    if (tooLarge) throw providerError(`${request.shown} answered more than ${limits.maxBodyBytes} bytes`);
    throw explain(error, route, connecting() ?? phase, limits);
  } finally {
    clearTimeout(patience);
    signal.removeEventListener('abort', onAbort);
  }
  const { statusCode: status, rawBody } = response;
  const headers = answerHeaders(response.headers);
  if (rawBody.length > 0) refuseEncoded({ status, headers }, request.shown, 'api');
  return { status, headers, text: rawBody.toString('utf8') };
}

import { AsyncLocalStorage } from 'node:async_hooks';
import type { Action } from '../../core/action.ts';
import { abortedError, ImgctlError } from '../../core/errors.ts';
import { addressOf, type ApiRequest, type Http, type SendRequest } from '../../core/http.ts';
import { parsedJson } from '../../core/json.ts';
import type { Call } from '../../core/operation.ts';
import { mask } from '../../core/secret.ts';

/** A request that would change something, as a plan shows it. */
type Sent = Pick<Action, 'method' | 'url' | 'body'>;

/** What looks on while a verb is at work in a dry run. `over`: the look is over, and so is the work. */
interface Watch {
  seen(sent: Sent): void;
  readonly over: AbortSignal;
}

const watches = new AsyncLocalStorage<Watch>();

/**
 * An Http for a dry run: it sends what only reads. A request that would change something is shown to whoever previews the verb, and
 * never answered; where nobody does it is INTERNAL, for then it would have been sent.
 */
export const dryHttp = (http: Http): Http => ({
  receive: (request, call) => http.receive(request, call),
  send: (request, call) => withhold(shown(request), call),
  async request(request, call) {
    if (request.method === 'GET' || request.method === 'HEAD' || request.harmless) return http.request(request, call);
    const { json = request.json } = (await request.prepare?.()) ?? {};
    const body =
      json ?? (typeof request.body === 'string' && request.body !== '' ? (parsedJson(request.body) ?? request.body) : undefined);
    return withhold({ ...shown(request), ...(body === undefined ? {} : { body }) }, call);
  },
});

const shown = (request: ApiRequest | SendRequest): Sent => ({
  method: request.method,
  url: request.secretUrl ? mask : addressOf(request),
});

function withhold(sent: Sent, { signal }: Call): Promise<never> {
  const watch = watches.getStore();
  if (!watch) throw new ImgctlError('INTERNAL', `a dry run was about to send ${sent.method ?? ''} ${sent.url ?? ''}`);
  watch.seen(sent);
  const ends = AbortSignal.any([signal, watch.over]);
  return new Promise((_resolve, reject) => {
    const end = (): void => reject(abortedError('the dry run is over'));
    if (ends.aborted) end();
    else ends.addEventListener('abort', end, { once: true });
  });
}

/**
 * The first request of a verb's work that would change something; absent where it ends without one. The work is then stopped as an
 * interrupted run is. Throws what the work throws before that.
 */
export async function firstChange(work: (call: Call) => unknown, call: Call): Promise<Sent | undefined> {
  const over = new AbortController();
  const signal = AbortSignal.any([call.signal, over.signal]);
  try {
    return await new Promise<Sent | undefined>((seen, failed) => {
      const run = async (): Promise<void> => {
        await work({ ...call, signal });
        seen(undefined);
      };
      watches.run({ seen, over: over.signal }, () => void run().catch(failed));
    });
  } finally {
    over.abort();
  }
}

import { networkError } from '../core/errors.ts';
import type { ApiAnswer, Http, PreparedTry, ReceiveAnswer } from '../core/http.ts';
import type { Answer } from '../core/answer.ts';
import { apiAnswer } from './answer.ts';
import type { Pace } from './bulk-request.ts';
import { throttleOf } from './throttle.ts';
import { ask } from './client.ts';
import { connectionRefusal } from './gateway-pages.ts';
import { receiveBytes } from './receive.ts';
import { createRedactor } from '../core/redact.ts';
import { withRetries } from './retry.ts';
import { createRoutes } from './route.ts';
import { type SendResult, sendBytes, smallestPiece } from './send.ts';
import { type HttpSettings, limitsOf } from './settings.ts';
import { createTrace } from './trace.ts';
import { type WireRequest, wireRequest } from './wire.ts';

export type { HttpSettings } from './settings.ts';

/** The network side of a run. Nothing is connected, and hardly anything loaded, before the first request. */
export function createHttp(settings: HttpSettings): Http {
  const limits = limitsOf(settings);
  const redactor = settings.redactor ?? createRedactor();
  const trace = createTrace(settings.trace, redactor);
  const routeTo = createRoutes(settings, limits);
  const throttle = throttleOf(settings);
  const pace: Pace = { piece: smallestPiece };
  const own = { 'user-agent': settings.userAgent };
  /** Peers that refuse to be asked before they are sent bytes. */
  const unasked = new Set<string>();

  /**
   * The answer for who asked. Throws AUTH or NETWORK where it is about the connection, and not about what was asked.
   * An error's words may be cut where they are quoted, and half a secret is no longer found: it is taken out before that.
   */
  function given(wire: WireRequest, peer: string, answer: Answer & { readonly text: string }): ApiAnswer {
    const text = answer.status < 400 ? answer.text : redactor.hide(answer.text);
    const refused = connectionRefusal({ ...answer, text }, peer);
    if (refused) throw refused;
    return apiAnswer({ ...answer, text, url: wire.shown }, redactor);
  }

  /** Does the work of one exchange, and traces how it began and ended. */
  async function traced<A extends Answer>(
    wire: WireRequest,
    bulk: string | undefined,
    work: () => Promise<A>,
    bodyOf: (answer: A) => string,
  ): Promise<A> {
    const since = settings.trace ? performance.now() : 0;
    trace.request(wire, bulk);
    try {
      const answer = await work();
      trace.answer(wire, answer, since, bodyOf(answer));
      return answer;
    } catch (error) {
      trace.failed(wire, error, since);
      throw error;
    }
  }

  return {
    async request(request, call) {
      const { prepare } = request;
      const wireOf = (prepared?: PreparedTry): WireRequest =>
        wireRequest(request, { ...own, accept: 'application/json' }, redactor, prepared);
      const wire = wireOf();
      const route = routeTo(wire.url, request);
      const prepareTry = async (): Promise<WireRequest> => (prepare ? wireOf(await prepare()) : wire);
      const answer = await withRetries(request, route.peer, call, prepareTry, (now) => {
        const tryOnce = (): ReturnType<typeof ask> => ask(now, route, limits, call.signal);
        return traced(now, undefined, tryOnce, ({ text }) => text);
      });
      return given(wire, route.peer, answer);
    },
    async send(request, call) {
      const wire = wireRequest(request, own, redactor);
      const tools = { route: routeTo(wire.url, request), limits, throttle, pace, signal: call.signal };
      const size = `[${request.length ?? 'unknown number of'} bytes]`;
      const sendOnce = (): Promise<SendResult> => {
        const expectContinue = request.expectContinue === true && !unasked.has(tools.route.peer);
        const work = (): Promise<SendResult> => sendBytes(wire, { ...request, expectContinue }, tools);
        return traced(wire, size, work, ({ text }) => text);
      };
      let answer = await sendOnce();
      if (answer.without) unasked.add(tools.route.peer);
      if (answer.without === 'begun')
        throw networkError(`${tools.route.peer} does not support "Expect: 100-continue" (HTTP 417)`, { status: 417 });
      if (answer.without) answer = await sendOnce();
      return given(wire, tools.route.peer, answer);
    },
    async receive(request, call) {
      const wire = wireRequest({ ...request, method: 'GET' }, own, redactor);
      const tools = { route: routeTo(wire.url, request), limits, throttle, pace, signal: call.signal };
      const { range } = request;
      const wanted = range ? `[bytes ${range.from}-${range.to ?? ''}]` : '[all bytes]';
      const receiveOnce = (): Promise<ReceiveAnswer> =>
        traced(
          wire,
          wanted,
          () => receiveBytes(wire, request, tools),
          () => '',
        );
      const answer = await withRetries({ method: 'GET' }, tools.route.peer, call, () => undefined, receiveOnce);
      return { ...answer, text: async () => redactor.hide(await answer.text()) };
    },
  };
}

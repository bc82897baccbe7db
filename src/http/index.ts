import type { Answer, Http } from '../core/http.ts';
import { apiAnswer } from './answer.ts';
import { createBrake } from './brake.ts';
import { ask } from './client.ts';
import { receiveBytes } from './receive.ts';
import { createRedactor } from './redact.ts';
import { withRetries } from './retry.ts';
import { createRoutes } from './route.ts';
import { sendBytes } from './send.ts';
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
  const brake = createBrake(settings.bytesPerSecond);
  const own = { 'user-agent': settings.userAgent };

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
      const wire = wireRequest(request, { ...own, accept: 'application/json' }, redactor);
      const route = await routeTo(wire.url);
      const tryOnce = (): ReturnType<typeof ask> => ask(wire, route, limits, call.signal);
      const answer = await withRetries(request, route.peer, call, () => traced(wire, undefined, tryOnce, ({ text }) => text));
      return apiAnswer({ ...answer, url: wire.shown }, redactor);
    },
    async send(request, call) {
      const wire = wireRequest(request, own, redactor);
      const tools = { route: await routeTo(wire.url), limits, brake, signal: call.signal };
      const size = `[${request.length ?? 'unknown number of'} bytes]`;
      const answer = await traced(
        wire,
        size,
        () => sendBytes(wire, request, tools),
        ({ text }) => text,
      );
      return apiAnswer({ ...answer, url: wire.shown }, redactor);
    },
    async receive(request, call) {
      const wire = wireRequest({ ...request, method: 'GET' }, own, redactor);
      const tools = { route: await routeTo(wire.url), limits, brake, signal: call.signal };
      const { range } = request;
      const wanted = range ? `[bytes ${range.from}-${range.to ?? ''}]` : '[all bytes]';
      return traced(
        wire,
        wanted,
        () => receiveBytes(wire, range, tools),
        () => '',
      );
    },
  };
}

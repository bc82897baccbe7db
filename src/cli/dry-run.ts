import { Secret } from '../core/secret.ts';
import type { Http } from '../core/http.ts';
import type { OperationName } from '../core/operation.ts';
import { defineView } from '../ui/view.ts';

/** What would have been done: the verb with what it was asked, and the first request that would have changed something. */
export interface Planned {
  readonly verb: string;
  /** Absent where no provider takes part. */
  readonly profile?: string;
  readonly provider?: string;
  readonly image?: string;
  readonly method?: string;
  readonly url?: string;
  readonly body?: unknown;
  /** How the data of a copy would come to its target. */
  readonly route?: string;
  readonly steps?: readonly string[];
}

/** Thrown in a dry run in the place of the first thing that would change anything. */
export class DryRunStop extends Error {
  readonly planned: Planned;

  constructor(planned: Planned) {
    super('dry run');
    this.planned = planned;
  }
}

/** Verbs that change nothing are done in a dry run too. */
const harmless: ReadonlySet<OperationName> = new Set(['list', 'show', 'download', 'places']);

export const changes = (verb: OperationName, request: unknown): boolean =>
  !harmless.has(verb) && !(verb === 'share' && (request as { action?: string }).action === 'list');

/** Of what a verb was asked for, what would change: not what it was made up from, nor the bytes. */
export function asked(request: object): Partial<Planned> {
  const {
    id,
    basis: _basis,
    content: _content,
    original: _original,
    extras,
    changes: changed,
    ...rest
  } = request as Readonly<Record<string, unknown>>;
  const body = { ...rest, ...(changed as object | undefined), ...(extras as object | undefined) };
  return {
    ...(typeof id === 'string' ? { image: id } : {}),
    ...(Object.keys(body).length === 0 ? {} : { body }),
  };
}

/** An Http that sends what only reads, and stops at the first request that would change something. */
export function dryHttp(http: Http, stop: (request: Partial<Planned>) => never): Http {
  return {
    receive: (request, call) => http.receive(request, call),
    send: (request) => stop({ method: request.method, url: request.secretUrl ? '[secret]' : String(request.url) }),
    async request(request, call) {
      if (request.method === 'GET' || request.method === 'HEAD' || request.harmless) return http.request(request, call);
      const body =
        request.json ?? (await request.jsonNow?.()) ?? (typeof request.body === 'string' ? parsed(request.body) : undefined);
      return stop({
        method: request.method,
        url: request.secretUrl ? '[secret]' : String(request.url),
        ...(body === undefined ? {} : { body }),
      });
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export const plannedView = defineView<Planned>({
  name: 'plan',
  columns: {
    verb: { value: (plan) => plan.verb },
    profile: { value: (plan) => plan.profile },
    provider: { value: (plan) => plan.provider },
    image: { value: (plan) => plan.image, kind: 'id' },
    method: { value: (plan) => plan.method },
    url: { value: (plan) => plan.url },
    body: { value: (plan) => (plan.body === undefined ? undefined : JSON.stringify(plan.body)) },
    steps: { value: (plan) => plan.steps?.join(' → ') },
  },
  usual: ['verb', 'profile', 'image', 'method', 'url', 'body', 'steps'],
  wide: ['verb', 'profile', 'provider', 'image', 'method', 'url', 'body', 'steps'],
  id: () => '',
  json: (plan) => ({ dryRun: true, ...plan, ...(plan.body instanceof Secret ? { body: '[secret]' } : {}) }),
});

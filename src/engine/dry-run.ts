import { AsyncLocalStorage } from 'node:async_hooks';
import type { Image } from '../core/image.ts';
import { Secret } from '../core/secret.ts';
import { addressOf, type Http } from '../core/http.ts';
import type { OperationName } from '../core/operation.ts';
import type { Action } from '../core/action.ts';

/** An image that is there, for a plan. */
export const about = ({ id, name, status, sizeBytes, createdAt }: Image): Partial<Action> => ({
  image: id,
  ...(name === '' ? {} : { name }),
  status,
  ...(sizeBytes === undefined ? {} : { sizeBytes }),
  ...(createdAt === undefined ? {} : { createdAt }),
});

/** Thrown in a dry run in the place of the first thing that would change anything. */
export class DryRunStop extends Error {
  readonly planned: Action;

  constructor(planned: Action) {
    super('dry run');
    this.planned = planned;
  }

  /** The same, with what more is known. */
  with(more: Partial<Action>): DryRunStop {
    return new DryRunStop({ ...this.planned, ...more });
  }
}

/** Verbs that change nothing are done in a dry run too. */
const harmless: ReadonlySet<OperationName> = new Set(['list', 'show', 'download', 'places']);

export const changes = (verb: OperationName, request: unknown): boolean =>
  !harmless.has(verb) && !(verb === 'share' && (request as { action?: string }).action === 'list');

/** The verb as it is typed. */
const typedVerb = (verb: OperationName, request: object): string =>
  verb === 'share' && 'action' in request && request.action === 'remove' ? 'unshare' : verb;

/** What a verb would have been asked for. */
export const plannedFor = (verb: OperationName, request: object): Pick<Action, 'verb'> & Partial<Action> => ({
  verb: typedVerb(verb, request),
  ...asked(request),
});

/** Where a verb was stopped at a request of its own: the plan then says the verb, and the image that it was asked for. */
export function stoppedAt(error: unknown, verb: OperationName, request: object): unknown {
  if (!(error instanceof DryRunStop)) return error;
  const { image } = asked(request);
  return error.with({ verb: typedVerb(verb, request), ...(image === undefined ? {} : { image }) });
}

/** Of what a verb was asked for, what would change: not what it was made up from, nor the bytes. */
function asked(request: object): Partial<Action> {
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

const stops = new AsyncLocalStorage<{ first?: DryRunStop }>();

/** Does a verb's work, whose first stop is kept: drivers may catch it, and undo what they believe to have done. */
export const keepingFirstStop = <T>(work: () => T): T => stops.run({}, work);

/** What the verb that is at work was stopped at first; absent where nothing stopped it. */
export const firstStop = (): DryRunStop | undefined => stops.getStore()?.first;

/** Stops the verb that is at work. */
function stopHere(planned: Partial<Action>): never {
  const kept = stops.getStore() ?? {};
  kept.first ??= new DryRunStop({ verb: '', ...planned });
  throw kept.first;
}

/** An Http that sends what only reads, and stops at the first request that would change something. */
export function dryHttp(http: Http, where: Pick<Action, 'profile' | 'provider'>): Http {
  return {
    receive: (request, call) => http.receive(request, call),
    send: (request) => stopHere({ ...where, method: request.method, url: request.secretUrl ? '[secret]' : addressOf(request) }),
    async request(request, call) {
      if (request.method === 'GET' || request.method === 'HEAD' || request.harmless) return http.request(request, call);
      const { json = request.json } = (await request.prepare?.()) ?? {};
      const body = json ?? (typeof request.body === 'string' ? parsed(request.body) : undefined);
      return stopHere({
        ...where,
        method: request.method,
        url: request.secretUrl ? '[secret]' : addressOf(request),
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

/** A plan as it is printed for programs. */
export const actionJson = (plan: Action): object => ({
  dryRun: true,
  ...plan,
  ...(plan.body instanceof Secret ? { body: '[secret]' } : {}),
});

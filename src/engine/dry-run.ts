import { AsyncLocalStorage } from 'node:async_hooks';
import type { Image } from '../core/image.ts';
import { humanSize } from '../core/quantity.ts';
import { Secret } from '../core/secret.ts';
import { addressOf, type Http } from '../core/http.ts';
import type { OperationName } from '../core/operation.ts';
import { defineView } from '../ui/view.ts';

/** What would have been done: the verb with what it was asked, and the first request that would have changed something. */
export interface Planned {
  readonly verb: string;
  /** Absent where no provider takes part. */
  readonly profile?: string;
  readonly provider?: string;
  /** Id of the image that it is about, or the name of one that is to be made. */
  readonly image?: string;
  /** Of an image that is there: what it is, so that it can be recognised. */
  readonly name?: string;
  readonly status?: string;
  readonly sizeBytes?: number;
  readonly createdAt?: string;
  /** Where data would come from, and what it is. */
  readonly source?: PlannedData;
  /** What would arrive. */
  readonly target?: PlannedData;
  /** What the record would say. */
  readonly labels?: Readonly<Record<string, unknown>>;
  readonly method?: string;
  readonly url?: string;
  readonly body?: unknown;
  /** How the data of a copy would come to its target. */
  readonly route?: string;
  readonly steps?: readonly string[];
}

/** Data that would be moved, as far as it is known. */
export interface PlannedData {
  readonly name?: string;
  readonly format?: string;
  readonly compression?: string;
  readonly bytes?: number;
}

/** An image that is there, for a plan. */
export const about = ({ id, name, status, sizeBytes, createdAt }: Image): Partial<Planned> => ({
  image: id,
  ...(name === '' ? {} : { name }),
  status,
  ...(sizeBytes === undefined ? {} : { sizeBytes }),
  ...(createdAt === undefined ? {} : { createdAt }),
});

/** Thrown in a dry run in the place of the first thing that would change anything. */
export class DryRunStop extends Error {
  readonly planned: Planned;

  constructor(planned: Planned) {
    super('dry run');
    this.planned = planned;
  }

  /** The same, with what more is known. */
  with(more: Partial<Planned>): DryRunStop {
    return new DryRunStop({ ...this.planned, ...more });
  }
}

/** `disk.qcow2 (qcow2, 1.2 GiB)` */
function dataText({ name, format, compression, bytes }: PlannedData): string {
  const facts = [format, compression, bytes === undefined ? undefined : humanSize(bytes)].filter((fact) => fact !== undefined);
  if (name === undefined) return facts.join(', ');
  return facts.length > 0 ? `${name} (${facts.join(', ')})` : name;
}

/** Verbs that change nothing are done in a dry run too. */
const harmless: ReadonlySet<OperationName> = new Set(['list', 'show', 'download', 'places']);

export const changes = (verb: OperationName, request: unknown): boolean =>
  !harmless.has(verb) && !(verb === 'share' && (request as { action?: string }).action === 'list');

/** The verb as it is typed. */
const typedVerb = (verb: OperationName, request: object): string =>
  verb === 'share' && 'action' in request && request.action === 'remove' ? 'unshare' : verb;

/** What a verb would have been asked for. */
export const plannedFor = (verb: OperationName, request: object): Pick<Planned, 'verb'> & Partial<Planned> => ({
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
function asked(request: object): Partial<Planned> {
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
function stopHere(planned: Partial<Planned>): never {
  const kept = stops.getStore() ?? {};
  kept.first ??= new DryRunStop({ verb: '', ...planned });
  throw kept.first;
}

/** An Http that sends what only reads, and stops at the first request that would change something. */
export function dryHttp(http: Http, where: Pick<Planned, 'profile' | 'provider'>): Http {
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

/** Each field of a request, and each operation of a patch, on a line of its own: no cell holds JSON. */
function bodyParts(body: unknown): readonly (readonly [string, unknown])[] {
  if (typeof body !== 'object' || body === null) return [['text', body]];
  return Object.entries(body).map(([key, value]: readonly [string, unknown]) => {
    const { op, path, value: set = '' } = Object(value) as Readonly<Record<string, unknown>>;
    return typeof op === 'string' && typeof path === 'string' ? [`${op} ${path}`, set] : [key, value];
  });
}

/** Lists with commas, properties one by one. */
const labelParts = (labels: unknown): readonly (readonly [string, unknown])[] =>
  Object.entries(labels as object).flatMap(([name, value]: readonly [string, unknown]) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value).map(([key, one]: readonly [string, unknown]) => [`${name}.${key}`, one] as const)
      : [[name, value] as const],
  );

export const plannedView = defineView<Planned>({
  name: 'plan',
  columns: {
    verb: { value: (plan) => plan.verb },
    profile: { value: (plan) => plan.profile },
    provider: { value: (plan) => plan.provider },
    image: { value: (plan) => plan.image, kind: 'id' },
    name: { value: (plan) => plan.name },
    status: { value: (plan) => plan.status, kind: 'status' },
    sizeBytes: { value: (plan) => plan.sizeBytes, kind: 'size', title: 'size' },
    createdAt: { value: (plan) => plan.createdAt, kind: 'age', title: 'created' },
    source: { value: (plan) => plan.source && dataText(plan.source) },
    target: { value: (plan) => plan.target && dataText(plan.target) },
    labels: { value: (plan) => plan.labels, parts: labelParts },
    method: { value: (plan) => plan.method },
    url: { value: (plan) => plan.url },
    body: { value: (plan) => plan.body, parts: bodyParts },
    steps: { value: (plan) => plan.steps?.join(' → ') },
  },
  usual: ['verb', 'profile', 'image', 'name', 'source', 'target', 'method', 'url', 'body', 'steps'],
  wide: ['verb', 'profile', 'provider', 'image', 'name', 'source', 'target', 'method', 'url', 'body', 'steps'],
  id: () => '',
  json: (plan) => ({ dryRun: true, ...plan, ...(plan.body instanceof Secret ? { body: '[secret]' } : {}) }),
});

import { isDeepStrictEqual } from 'node:util';
import { startFakeServer, type FakeAnswer, type FakeRequest } from '../../support/fake-server.ts';
import type { SeenRequest } from '../../conformance/cloud.ts';

/** One request that is to come, and what it is answered with. */
export interface Step {
  readonly method: string;
  /** Path, with its query where that is to be compared; absent: any. */
  readonly path?: string;
  /** Values by header name; `x-filter` is compared as JSON. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly never?: readonly string[];
  /** Compared as JSON; lists of regions as sets. */
  readonly json?: unknown;
  readonly answer: { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body: string };
}

export interface Replay {
  readonly origin: string;
  requests(): readonly SeenRequest[];
  /** What came otherwise than was said, in words; and steps that never came. */
  complaints(): readonly string[];
  stop(): Promise<void>;
}

const sorted = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null || !('regions' in value) || !Array.isArray(value.regions)) return value;
  return { ...value, regions: value.regions.map(String).sort() };
};

const jsonOf = (text: string | undefined): unknown => {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return text;
  }
};

function differences(step: Step, request: FakeRequest): readonly string[] {
  const found: string[] = [];
  const compare = (what: string, got: unknown, wanted: unknown): void => {
    if (!isDeepStrictEqual(got, wanted)) found.push(`${what}: got ${JSON.stringify(got)}, wanted ${JSON.stringify(wanted)}`);
  };
  compare('method', request.method, step.method);
  if (step.path !== undefined) compare('path', step.path.includes('?') ? request.path : request.url.pathname, step.path);
  for (const [name, value] of Object.entries(step.headers ?? {})) {
    const got = request.headers[name];
    if (name === 'x-filter') compare(name, jsonOf(got), jsonOf(value));
    else compare(name, got?.split(';')[0], value);
  }
  for (const name of step.never ?? []) compare(`header ${name}`, request.headers[name], undefined);
  if (step.json !== undefined) compare('body', sorted(jsonOf(request.body)), sorted(step.json));
  return found;
}

/** Applies top-level equality filters to a list that was recorded without them. */
function narrowed(body: string, filter: string | undefined): string {
  const page = jsonOf(body);
  if (filter === undefined || typeof page !== 'object' || page === null || !('data' in page) || !Array.isArray(page.data))
    return body;
  const wanted = Object.entries(JSON.parse(filter) as Record<string, unknown>).filter(([key]) =>
    /^is_public$|^label$|^type$/.test(key),
  );
  const data = (page.data as Readonly<Record<string, unknown>>[]).filter((row) =>
    wanted.every(([key, value]) => row[key] === value),
  );
  return JSON.stringify({ ...page, data, results: data.length });
}

/** A server that answers these steps, one after the other. `upload_to` is turned to itself, path and query kept. */
export async function replay(steps: readonly Step[]): Promise<Replay> {
  const complaints: string[] = [];
  let at = 0;
  const server = await startFakeServer((request): FakeAnswer => {
    const step = steps[at];
    at += 1;
    if (!step) {
      complaints.push(`nobody expected ${request.method} ${request.path}`);
      return { status: 599, body: 'unexpected' };
    }
    complaints.push(...differences(step, request).map((text) => `step ${at}: ${text}`));
    const { status, headers, body } = step.answer;
    const turned = body.replace(/"upload_to":\s*"https:\/\/[^/]+/, `"upload_to": "${server.origin}`);
    return {
      status,
      headers: { 'content-type': 'application/json', ...headers },
      body: narrowed(turned, request.headers['x-filter']),
    };
  });
  return {
    origin: server.origin,
    requests: server.requests,
    complaints: () => [...complaints, ...steps.slice(at).map((step) => `never came: ${step.method} ${step.path ?? ''}`)],
    stop: server.stop,
  };
}

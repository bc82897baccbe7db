import { hasRecordings, exchangesOf, jsonOf } from './recorded.ts';
import type { Step } from './replay.ts';

interface WrittenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly forbidden_headers?: readonly string[];
  readonly body_json?: unknown;
}
interface WrittenAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, readonly string[]>>;
  readonly body: string;
  readonly source?: string;
  readonly note?: string;
}
interface WrittenCase {
  readonly id: string;
  readonly title: string;
  readonly exchange: readonly (readonly [WrittenRequest, WrittenAnswer])[];
}

/** A case: what is to go over the wire, and the answers. */
export interface Case {
  readonly id: string;
  readonly title: string;
  readonly steps: readonly Step[];
}

/** The body of an answer that stands in a recording: "FILE interactions[N]". */
function recordedBody(source: string): string {
  const [, file, index] = /^(\S+) interactions\[(\d+)\]/.exec(source) ?? [];
  const exchange = file === undefined ? undefined : exchangesOf(file)[Number(index)];
  if (!exchange) throw new Error(`no recording: ${source}`);
  return exchange.answer;
}

const lowerKeys = <T>(headers: Readonly<Record<string, T>> | undefined): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));

function stepOf([request, answer]: readonly [WrittenRequest, WrittenAnswer]): Step {
  const headers = Object.entries(lowerKeys(request.headers)).filter(([, value]) => !value.startsWith('<'));
  // Lengths are the server's own business here: the bodies are written down anew.
  const answered = Object.entries(lowerKeys(answer.headers)).filter(([name]) => name !== 'content-length');
  const asked = /Retry-After: (\d+)/.exec(answer.note ?? '')?.[1];
  return {
    method: request.method,
    ...(request.path.startsWith('/') ? { path: request.path } : {}),
    headers: Object.fromEntries(headers),
    never: [...(request.forbidden_headers ?? []), 'Cookie'].map((name) => name.toLowerCase()),
    ...(request.body_json === undefined ? {} : { json: request.body_json }),
    answer: {
      status: answer.status,
      headers: {
        ...Object.fromEntries(answered.map(([name, values]) => [name, values.join(', ')])),
        ...(asked === undefined ? {} : { 'retry-after': asked }),
      },
      body: answer.body === '@file' ? recordedBody(answer.source ?? '') : answer.body,
    },
  };
}

/** The open cases by id; none where they are not beside this checkout. */
export function openCases(): ReadonlyMap<string, Case> {
  const written = hasRecordings ? (jsonOf('cases-open.json') as readonly WrittenCase[]) : [];
  return new Map(written.map(({ id, title, exchange }) => [id, { id, title, steps: exchange.map(stepOf) }]));
}

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** Where the recorded answers and the open cases lie, outside of the project. */
const folder = new URL('../../../../shared/facts/linode/', import.meta.url);

export const hasRecordings = existsSync(folder);
/** For titles of tests that need them. */
export const without = hasRecordings ? '' : ' (skipped: there are no recordings beside this checkout)';

/** One exchange with the real API. */
export interface Recorded {
  readonly file: string;
  readonly method: string;
  /** Path and query, as recorded. */
  readonly path: string;
  readonly filter?: string;
  readonly body: string;
  readonly status: number;
  readonly answer: string;
}

interface Cassette {
  readonly interactions: readonly {
    readonly request: {
      readonly url: string;
      readonly method: string;
      readonly body: string;
      readonly headers: Readonly<Record<string, readonly string[]>>;
    };
    readonly response: { readonly body: string; readonly code: number };
  }[];
}

/** The exchanges of one file, in order. `file` stands below the folder of the facts. */
export function exchangesOf(file: string): readonly Recorded[] {
  const cassette = parse(readFileSync(new URL(file, folder), 'utf8')) as Cassette;
  return cassette.interactions.map(({ request, response }) => {
    const { pathname, search } = new URL(request.url);
    const filter = request.headers['X-Filter']?.[0];
    return {
      file,
      method: request.method,
      path: `${pathname}${search}`,
      ...(filter === undefined ? {} : { filter }),
      body: request.body,
      status: response.code,
      answer: response.body,
    };
  });
}

/** Names of the files in a folder of the facts; none if there is no such folder. */
export function filesIn(path: string): readonly string[] {
  const place = new URL(path, folder);
  return existsSync(place) ? readdirSync(place).map((name) => `${path}${name}`) : [];
}

const textOf = (file: string): string => readFileSync(new URL(file, folder), 'utf8');
export const jsonOf = (file: string): unknown => JSON.parse(textOf(file));

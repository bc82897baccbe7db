import type { FakeAnswer, FakeRequest } from '../../support/fake-server.ts';

/** A refusal in the API's form. */
export function refuse(status: number, reason: string, field?: string): FakeAnswer {
  return { status, body: { errors: [{ reason, ...(field === undefined ? {} : { field }) }] } };
}

export const notFound = (): FakeAnswer => refuse(404, 'Not found');
export const good = (body: unknown): FakeAnswer => ({ status: 200, body });

/** One page of rows, as the query asks; an empty list of images is page 0 of 0. */
export function pageOf(rows: readonly unknown[], request: FakeRequest, empty: 0 | 1): FakeAnswer {
  const page = Number(request.url.searchParams.get('page') ?? '1');
  const size = Number(request.url.searchParams.get('page_size') ?? '100');
  if (!Number.isInteger(size) || size < 25 || size > 500) return refuse(400, 'Must be 25-500', 'page_size');
  if (rows.length === 0) return good({ page: empty, pages: empty, results: 0, data: [] });
  const pages = Math.ceil(rows.length / size);
  if (!Number.isInteger(page) || page < 1 || page > pages) return notFound();
  return good({ page, pages, results: rows.length, data: rows.slice((page - 1) * size, page * size) });
}

/** The JSON object in a body, or undefined when it is none. */
export function objectOf(request: FakeRequest): Readonly<Record<string, unknown>> | undefined {
  if (request.headers['content-type'] !== 'application/json') return undefined;
  try {
    const value: unknown = JSON.parse(request.body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

import type { FakeAnswer } from '../../support/fake-server.ts';

type Row = Readonly<Record<string, unknown>>;

/** An error as Nova and Cinder write it. */
export const serviceFailure = (status: number, word: string, message: string): FakeAnswer => ({
  status,
  headers: { 'x-openstack-request-id': 'req-service' },
  body: { [word]: { code: status, message } },
});

/**
 * A page of a list: from behind the marker, no more rows than the limit or the service's own. A full page leads on, to an address as it
 * is inside of the cloud.
 */
export function pageOf(rows: string, all: readonly Row[], query: URLSearchParams, most: number): FakeAnswer {
  const [limit, marker] = [query.get('limit'), query.get('marker')];
  if (limit !== null && !/^\d+$/.test(limit)) return serviceFailure(400, 'badRequest', 'limit param must be an integer');
  const start = marker === null ? 0 : all.findIndex(({ id }) => id === marker) + 1;
  if (marker !== null && start === 0) return serviceFailure(400, 'badRequest', `marker [${marker}] not found`);
  const size = Math.min(Number(limit ?? most), most);
  const page = all.slice(start, start + size);
  const further = new URLSearchParams(query);
  further.set('marker', String(page.at(-1)?.id));
  const links =
    page.length === size ? { [`${rows}_links`]: [{ rel: 'next', href: `http://10.0.0.7/?${further.toString()}` }] } : {};
  return { status: 200, headers: { 'x-openstack-request-id': 'req-service' }, body: { [rows]: page, ...links } };
}

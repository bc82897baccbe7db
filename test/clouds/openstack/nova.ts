import { randomUUID } from 'node:crypto';
import type { FakeAnswer } from '../../support/fake-server.ts';
import { pageOf, serviceFailure } from './paged.ts';
import type { Caller } from './store.ts';

interface Server {
  readonly name: string;
  /** Absent: it runs from a volume. */
  readonly image?: string;
  readonly project: string;
  readonly status?: string;
  readonly deleted?: boolean;
}

export interface Nova {
  /** Rows of a page, at most. */
  pageMost: number;
  /** Filters that are dropped without a word. */
  ignored: readonly string[];
  /** Makes a server, and gives its id. */
  boot(server: Server): string;
  answer(path: string, query: URLSearchParams, caller: Caller | undefined): FakeAnswer | undefined;
}

/** A Nova v2.1 that can be asked for servers: by everybody for those of his project, by administrators for all. */
export function startNova(): Nova {
  const servers: (Server & { readonly id: string })[] = [];
  const wireOf = ({ id, name, image, project, status = 'ACTIVE' }: Server & { readonly id: string }) => ({
    id,
    name,
    status,
    tenant_id: project,
    // A server that runs from a volume has no image, and says so by an empty text.
    image: image === undefined ? '' : { id: image, links: [{ rel: 'bookmark', href: `http://10.0.0.7/images/${image}` }] },
    flavor: { id: '1' },
    'OS-EXT-AZ:availability_zone': 'nova',
    'OS-EXT-STS:vm_state': status.toLowerCase(),
  });

  function detail(query: URLSearchParams, { admin, project }: Caller): FakeAnswer {
    const everywhere = query.get('all_tenants') !== null && query.get('all_tenants') !== '0';
    if (everywhere && !admin)
      return serviceFailure(
        403,
        'forbidden',
        "Policy doesn't allow os_compute_api:servers:detail:get_all_tenants to be performed.",
      );
    // Whatever else is asked for is dropped without a word.
    const image = nova.ignored.includes('image') ? null : query.get('image');
    const name = query.get('name');
    const found = servers.filter(
      (server) =>
        server.deleted !== true &&
        (everywhere || server.project === project) &&
        (image === null || server.image === image) &&
        (name === null || new RegExp(name).test(server.name)),
    );
    return pageOf('servers', found.map(wireOf), query, nova.pageMost);
  }

  const nova: Nova = {
    pageMost: 2,
    ignored: [],
    boot(server) {
      const id = randomUUID();
      servers.push({ ...server, id });
      return id;
    },
    answer(path, query, caller) {
      if (/^\/?$/.test(path)) return { status: 200, body: { versions: [{ id: 'v2.1', status: 'CURRENT' }] } };
      if (!path.startsWith('/v2.1/')) return { status: 300, body: { choices: [{ id: 'v2.1', status: 'CURRENT' }] } };
      if (!caller) return { status: 401, body: 'Authentication required' };
      if (path === '/v2.1/servers/detail') return detail(query, caller);
      const [, id = ''] = /^\/v2\.1\/servers\/([^/]+)$/.exec(path) ?? [];
      if (id === '') return undefined;
      const found = servers.find(
        (one) => one.id === id && one.deleted !== true && (caller.admin || one.project === caller.project),
      );
      if (!found) return serviceFailure(404, 'itemNotFound', `Instance ${id} could not be found.`);
      return { status: 200, headers: { 'x-openstack-request-id': 'req-nova' }, body: { server: wireOf(found) } };
    },
  };
  return nova;
}

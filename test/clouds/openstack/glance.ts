import { randomUUID } from 'node:crypto';
import type { FakeAnswer, FakeRequest } from '../../support/fake-server.ts';
import { beginImport, giveData, removeFromStore, takeData, usualSite, type SiteFacts } from './data.ts';
import { listing } from './listing.ts';
import { membersOf } from './members.ts';
import { Refusal, refusalAnswer } from './refusal.ts';
import { checkField, patched } from './rules.ts';
import { lookAt, newImage, newStore, now, visible, type Caller, type Kept, type Store } from './store.ts';

export interface Glance {
  readonly store: Store;
  readonly site: SiteFacts;
  answer(request: FakeRequest, path: string, query: URLSearchParams): FakeAnswer | Promise<FakeAnswer>;
}

const patchTypes = ['application/openstack-images-v2.0-json-patch', 'application/openstack-images-v2.1-json-patch'];
const ok = (body: unknown): FakeAnswer => ({ status: 200, headers: { 'x-openstack-request-id': 'req-200' }, body });
const noResource = (): Refusal => new Refusal(404, 'The resource could not be found.');

function jsonBody({ data }: FakeRequest): unknown {
  if (data.length === 0) throw new Refusal(400, 'Body expected in request.');
  try {
    return JSON.parse(data.toString('utf8'));
  } catch {
    throw new Refusal(400, 'Malformed JSON in request body.');
  }
}

const objectBody = (request: FakeRequest): Readonly<Record<string, unknown>> =>
  jsonBody(request) as Readonly<Record<string, unknown>>;

/** A Glance v2 of one region. `prefix` is where it is mounted; `callerOf` knows whose a token is. */
export function startGlance(origin: () => string, callerOf: (token: string | undefined) => Caller | undefined): Glance {
  const store = newStore();
  const site = usualSite();

  function find(id: string, caller: Caller): Kept {
    const kept = store.images.get(id);
    if (!kept || !visible(kept, caller)) throw new Refusal(404, `No image found with ID ${id}`);
    return kept;
  }

  function own(id: string, caller: Caller): Kept {
    const kept = find(id, caller);
    if (!caller.admin && kept.wire.owner !== caller.project) throw new Refusal(403, 'You do not own this image');
    return kept;
  }

  function create(request: FakeRequest, caller: Caller): FakeAnswer {
    const body = objectBody(request);
    for (const [name, value] of Object.entries(body)) checkField(name, value, caller);
    const id = body.id;
    if (typeof id === 'string' && store.used.has(id)) throw new Refusal(409, `Image ID ${id} already exists!`);
    const { wire } = newImage(store, caller.project, site.ownIds ? { ...body, id: randomUUID() } : body);
    return { status: 201, headers: { location: `${origin()}/v2/images/${String(wire.id)}` }, body: wire };
  }

  function patch(id: string, request: FakeRequest, caller: Caller): FakeAnswer {
    const type = request.headers['content-type'] ?? '';
    if (!patchTypes.includes(type))
      throw new Refusal(415, `The request media type ${type} is not supported by this server. `, {
        'accept-patch': patchTypes.join(', '),
      });
    const kept = own(id, caller);
    const after = patched(kept.wire, jsonBody(request), caller);
    for (const name of Object.keys(kept.wire)) delete kept.wire[name];
    Object.assign(kept.wire, after, { updated_at: now() });
    return ok(kept.wire);
  }

  function remove(id: string, caller: Caller): FakeAnswer {
    if (!store.images.has(id)) throw new Refusal(404, `Failed to find image ${id} to delete`);
    const kept = own(id, caller);
    if (kept.wire.protected === true) throw new Refusal(403, `Image ${id} is protected and cannot be deleted.`);
    store.images.delete(id);
    return { status: 204 };
  }

  function act(id: string, action: string, caller: Caller): FakeAnswer {
    if (action !== 'deactivate' && action !== 'reactivate') throw noResource();
    const { wire } = own(id, caller);
    if (wire.status !== 'active' && wire.status !== 'deactivated')
      throw new Refusal(403, `Not allowed to ${action} image in status '${String(wire.status)}'`);
    wire.status = action === 'deactivate' ? 'deactivated' : 'active';
    return { status: 204 };
  }

  function onImage(id: string, parts: readonly string[], request: FakeRequest, caller: Caller): FakeAnswer {
    const [part, detail, ...more] = parts;
    const what = `${request.method} ${part ?? ''}`;
    if (more.length > 0) throw noResource();
    if (part === 'members')
      return membersOf(find(id, caller), request.method, detail, request.data.length > 0 ? objectBody(request) : {}, caller);
    if (part === 'actions' && request.method === 'POST') return act(id, detail ?? '', caller);
    if (detail !== undefined) throw noResource();
    if (what === 'GET ') {
      const kept = find(id, caller);
      const shown = { ...kept.wire };
      lookAt(kept);
      return ok(shown);
    }
    if (what === 'PATCH ') return patch(id, request, caller);
    if (what === 'DELETE ') return remove(id, caller);
    if (what === 'GET tasks' && site.secretTasks && !caller.admin)
      throw new Refusal(403, 'You are not authorized to complete get_tasks_api_access action.');
    if (what === 'GET tasks')
      return ok({ tasks: own(id, caller).tasks.map(({ during: _during, finish: _finish, left: _left, ...task }) => task) });
    if (what === 'GET file') return giveData(find(id, caller), request, caller);
    if (what === 'PUT file' || what === 'PUT stage')
      return takeData(own(id, caller), request, part === 'file' ? 'file' : 'stage', site);
    if (what === 'POST import') return beginImport(own(id, caller), objectBody(request), caller, site);
    throw part === undefined || ['file', 'stage', 'import', 'tasks'].includes(part)
      ? new Refusal(405, `The method ${request.method} is not allowed for this resource. `)
      : noResource();
  }

  function info(what: string | undefined): FakeAnswer {
    if (what === 'import')
      return ok({ 'import-methods': { description: 'Import methods available.', type: 'array', value: site.methods } });
    if (what === 'stores' && site.stores)
      return ok({
        stores: site.stores.map((id, n) => ({ id, description: `${id} store`, ...(n === 0 ? { default: 'true' } : {}) })),
      });
    throw new Refusal(
      404,
      what === 'stores' ? 'Multi backend is not supported at this site.' : 'The resource could not be found.',
    );
  }

  function versioned(path: string, query: URLSearchParams, request: FakeRequest): FakeAnswer {
    const caller = callerOf(request.headers['x-auth-token']);
    if (!caller)
      throw new Refusal(401, 'This server could not verify that you are authorized to access the document you requested.');
    // As behind WSGI, %2F is undone before the path is looked at.
    const [kind, id, ...parts] = decodeURIComponent(path)
      .split('/')
      .filter((part, n) => n > 0 || part !== '');
    if (kind === 'info') return info(id);
    if (kind === 'stores' && request.method === 'DELETE') return removeFromStore(own(parts[0] ?? '', caller), id ?? '');
    if (kind !== 'images' || id === '') throw noResource();
    if (id !== undefined) return onImage(id, parts, request, caller);
    if (request.method === 'POST') return create(request, caller);
    if (request.method === 'GET') return ok(listing(store, query, caller));
    throw new Refusal(405, `The method ${request.method} is not allowed for this resource. `);
  }

  return {
    store,
    site,
    answer(request, path, query) {
      const [, version, rest = ''] = /^\/(v2(?:\.\d+)?)(\/.*)?$/.exec(path) ?? [];
      const links = [{ rel: 'self', href: `${origin()}/v2/` }];
      if (version === undefined) return { status: 300, body: { versions: [{ id: 'v2.15', status: 'CURRENT', links }] } };
      const lists = request.method === 'GET' && rest === '/images' ? site.lists : undefined;
      if (lists)
        return Promise.resolve(
          lists(
            query,
            [...store.images.values()].map(({ wire }) => wire),
          ),
        ).then(ok);
      try {
        return versioned(rest.replace(/^\//, ''), query, request);
      } catch (error) {
        if (error instanceof Refusal) return refusalAnswer(error, request);
        throw error;
      }
    },
  };
}

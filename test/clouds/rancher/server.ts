import type { FakeAnswer, FakeRequest } from '../../support/fake-server.ts';
import { placeOf, type Place } from './address.ts';
import { plainError, unauthorized, validationError, written } from './answers.ts';
import { answerImages } from './images.ts';
import { homeProject, keyOf, keys, otherProject, type Key } from './keys.ts';
import { settle, type Pace, type Row } from './machine.ts';
import { schemasFor } from './schemas.ts';
import type { Release } from './versions.ts';

/** What a server may be made to do. They can be changed while it runs. */
export interface Tricks {
  opaqueActions: boolean;
  opaqueMarkers: boolean;
  nextLoops: boolean;
  /** Ids as the documents have them: numbers. */
  numericIds: boolean;
  /** This many of the next writes find the image locked. */
  conflicts: number;
  /** Most rows of a page, below what the release allows. */
  mostRows?: number;
  /** Origin in links, instead of the one that was asked. */
  linkOrigin?: string;
  /** Whether records say their base type, whatever the release does. */
  baseType?: boolean;
  /** Runs once, after the next answer to a GET of one image was made: somebody else comes in between. */
  afterRead?: (() => void) | undefined;
}

export interface Server {
  readonly release: Release;
  readonly rows: Row[];
  readonly pace: Pace;
  readonly tricks: Tricks;
  /** Without access control: everybody may do what a project member may. */
  readonly open: boolean;
  /** The server's clock, ms. */
  now(): number;
}

/** A request that passed the door: who asks, and for what. */
export interface Visit {
  readonly request: FakeRequest;
  readonly key: Key;
  readonly place: Place & { readonly apiVersion: string };
  /** The account whose images are meant; absent: all. */
  readonly account?: string;
  readonly body: Readonly<Record<string, unknown>>;
}

const projects: Readonly<Record<string, string>> = { [homeProject]: 'Default', [otherProject]: 'Other' };

/** The answer to any request. Order of checks as in the sources: body, key, project, path, then what the type says. */
export function answerTo(server: Server, request: FakeRequest): FakeAnswer {
  for (const row of server.rows) settle(server.release, row, server.pace, server.now());
  const { tricks, release } = server;
  const place = placeOf(request, release.apiVersions, tricks.linkOrigin);
  const schemas = place?.apiVersion === undefined ? `${place?.base ?? ''}/v1/schemas` : `${place.base}/schemas`;
  const key = server.open ? keys.project : keyOf(request.headers['authorization']);
  const headers = { 'x-api-schemas': schemas, ...(key ? accountHeaders(server, key) : {}) };
  if (looksLikeBrowser(request))
    return { status: 200, headers: { 'content-type': 'text/html' }, body: '<!DOCTYPE html><html></html>' };
  return written(checked(server, request, key, place), headers);
}

function checked(server: Server, request: FakeRequest, key: Key | undefined, place: Place | undefined): FakeAnswer {
  const body = bodyOf(request);
  if (!body) return validationError('InvalidBodyContent', undefined, 400);
  if (!key) return unauthorized(request.headers);
  if (place?.scope !== undefined && !key.projects.some((id) => id === place.scope)) return plainError(403);
  if (!place) return plainError(404);
  if (place.apiVersion === undefined) return root(server, place);
  const everything = place.scope === undefined && key.role === 'superadmin';
  const account = everything ? {} : { account: place.scope ?? key.account };
  return byType(server, { request, key, place: { ...place, apiVersion: place.apiVersion }, body, ...account });
}

function byType(server: Server, visit: Visit): FakeAnswer {
  const { place, key, request } = visit;
  const { parts, base } = place;
  const [type, id] = parts.map((part) => part.toLowerCase());
  if (type === undefined) return apiVersion(place);
  if (type === 'images' || type === 'image') return answerImages(server, visit);
  if (request.method !== 'GET') return plainError(405);
  if (type === 'schemas' && id === undefined)
    return {
      status: 200,
      body: { ...list('schema', `${base}/schemas`), data: schemasFor(server.release, place.apiVersion, key.role, base) },
    };
  if (type === 'projects') return answerProjects(visit, id);
  return plainError(404);
}

function answerProjects({ key, place, request }: Visit, id: string | undefined): FakeAnswer {
  const url = `${place.base}/projects`;
  const resource = (project: string): object => ({
    id: project,
    type: 'project',
    links: { self: `${url}/${project}` },
    actions: {},
    name: projects[project],
    state: 'active',
  });
  if (id !== undefined)
    return key.projects.some((project) => project === id) ? { status: 200, body: resource(id) } : plainError(403);
  const name = request.url.searchParams.get('name');
  const found = key.projects.filter((project) => name === null || projects[project]?.toLowerCase() === name.toLowerCase());
  return {
    status: 200,
    body: { ...list('project', url), data: found.map(resource), pagination: { next: null, limit: 100, partial: false } },
  };
}

const list = (resourceType: string, self: string): object => ({
  type: 'collection',
  resourceType,
  links: { self },
  createTypes: {},
  actions: {},
  sortLinks: {},
  pagination: null,
  sort: null,
  filters: {},
  createDefaults: {},
});

function root({ release }: Server, { base }: Place): FakeAnswer {
  const data = release.apiVersions.map((id) => ({ id, type: 'apiVersion', links: { self: `${base}/${id}` }, actions: {} }));
  return {
    status: 200,
    body: {
      ...list('apiVersion', `${base}/`),
      links: { self: `${base}/`, latest: `${base}/${release.apiVersions.at(-1) ?? 'v1'}` },
      data,
    },
  };
}

function apiVersion({ apiVersion: id, base }: Place): FakeAnswer {
  const links = { self: base, images: `${base}/images`, projects: `${base}/projects`, schemas: `${base}/schemas` };
  return { status: 200, body: { id, type: 'apiVersion', links, actions: {} } };
}

function accountHeaders({ release }: Server, key: Key): Readonly<Record<string, string>> {
  const later: Readonly<Record<string, string>> = {
    'x-api-account-kind': key.kind,
    'x-api-user-id': '1a7',
    'x-rancher-version': `v${release.version}.0`,
  };
  return { 'x-api-account-id': key.account, ...(release.tells.account ? later : {}) };
}

/** Browsers get the page of the user interface, whatever they ask. */
function looksLikeBrowser({ headers }: FakeRequest): boolean {
  return /mozilla/i.test(headers['user-agent'] ?? '') && /\*\/\*/.test(headers['accept'] ?? '*/*');
}

function bodyOf({ data }: FakeRequest): Readonly<Record<string, unknown>> | undefined {
  if (data.length === 0) return {};
  try {
    const body: unknown = JSON.parse(data.toString('utf8'));
    return typeof body === 'object' && body !== null && !Array.isArray(body) ? { ...body } : undefined;
  } catch {
    return undefined;
  }
}

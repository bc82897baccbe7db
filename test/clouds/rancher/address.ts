import type { FakeRequest } from '../../support/fake-server.ts';

/** Where a request leads: API version, project scope and the rest of the path. */
export interface Place {
  /** Absent: the root of the server. */
  readonly apiVersion?: string;
  readonly scope?: string;
  readonly parts: readonly string[];
  /** The URL before the type's name as the server writes it into links: scope included, all in lower case. */
  readonly base: string;
}

/**
 * Reads a path as the server does: doubled slashes are one, and a project is a scope only when something follows its id.
 * `origin` replaces what the server would take from the request's own headers.
 */
export function placeOf(request: FakeRequest, apiVersions: readonly string[], origin: string | undefined): Place | undefined {
  const [version, ...rest] = request.url.pathname.split('/').filter((part) => part !== '');
  const root = (origin ?? originOf(request.headers)).toLowerCase();
  if (version === undefined) return { parts: [], base: root };
  if (!apiVersions.includes(version)) return undefined;
  const scope = rest[0] === 'projects' && rest.length > 2 ? rest[1] : undefined;
  if (scope === undefined) return { apiVersion: version, parts: rest, base: `${root}/${version}` };
  return { apiVersion: version, scope, parts: rest.slice(2), base: `${root}/${version}/projects/${scope}`.toLowerCase() };
}

function originOf(headers: Readonly<Record<string, string>>): string {
  const host = headers['x-forwarded-host'] ?? headers['host'] ?? 'localhost';
  const port = headers['x-forwarded-port'];
  return `${headers['x-forwarded-proto'] ?? 'http'}://${port === undefined ? host : `${host.split(':')[0] ?? host}:${port}`}`;
}

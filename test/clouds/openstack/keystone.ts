import { randomBytes } from 'node:crypto';
import type { FakeAnswer, FakeRequest } from '../../support/fake-server.ts';
import type { Caller } from './store.ts';

interface User {
  readonly password: string;
  readonly project: string;
  readonly role: 'member' | 'admin';
}

/** Users by name; all in the domain `default`, each with a role in one project. */
export const users: Readonly<Record<string, User>> = {
  demo: { password: 'demo-hunter2', project: 'demo', role: 'member' },
  alt: { password: 'alt-hunter2', project: 'alt', role: 'member' },
  root: { password: 'root-hunter2', project: 'admin', role: 'admin' },
};
/** Project ids by name. */
export const projects: Readonly<Record<string, string>> = {
  demo: 'd0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0',
  alt: 'a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1',
  admin: 'adadadadadadadadadadadadadadadad',
};
export const appCredential = { id: 'c0ffee00c0ffee00c0ffee00c0ffee00', name: 'robot', secret: 'robot-hunter2', user: 'demo' };

/** The one-time code that is right, for everybody. */
export const passcode = '314159';
/** A trust of everybody's own project. */
export const trust = 'facade00facade00facade00facade00';
/** A provider of identities, and whom its access token is. */
export const federation = {
  path: '/v3/OS-FEDERATION/identity_providers/okta/protocols/openid/auth',
  accessToken: 'sso-access-hunter2',
  user: 'demo',
};

/** Id of a user. */
export const idOf = (user: string): string => `id-of-${user}`;

type Body = Readonly<Record<string, unknown>>;
const inner = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((at, key) => (typeof at === 'object' && at !== null ? (at as Body)[key] : undefined), value);

const failure = (code: number, title: string, message: string): FakeAnswer => ({
  status: code,
  headers: { 'x-openstack-request-id': 'req-keystone' },
  body: { error: { code, message, title } },
});
const unauthorized = (message = 'The request you have made requires authentication.'): FakeAnswer =>
  failure(401, 'Unauthorized', message);
const malformed = (what: string): FakeAnswer =>
  failure(
    400,
    'Bad Request',
    `Expecting to find ${what}. The server could not comply with the request since it is either malformed or otherwise incorrect.`,
  );

const inDefault = (domain: unknown): boolean => inner(domain, 'id') === 'default' || inner(domain, 'name') === 'Default';

export interface Keystone {
  /** Life of new tokens in seconds. */
  lifeS: number;
  /** What the catalogue gives for images, if not where they are. */
  imageUrl: string | undefined;
  /** What the role of administrators is called. */
  adminRole: string;
  /** Further projects, as name and id: of other domains. */
  namesakes: readonly (readonly [string, string])[];
  /** Methods of which a user needs all; none: any of them will do. */
  factors: readonly string[];
  /** Tokens are taken until they are revoked. */
  caller(token: string | undefined): Caller | undefined;
  revokeAll(): void;
  answer(request: FakeRequest, path: string): FakeAnswer | undefined;
}

/** A Keystone v3. `catalogue` is what its tokens say of services. */
export function startKeystone(catalogue: (project: string) => readonly unknown[]): Keystone {
  const tokens = new Map<string, { user: string; scoped: boolean }>();

  function grant(user: string, methods: readonly string[], scoped: boolean): FakeAnswer {
    const token = `gAAAA${randomBytes(20).toString('hex')}`;
    tokens.set(token, { user, scoped });
    return {
      status: 201,
      headers: { 'x-subject-token': token, 'x-openstack-request-id': 'req-token' },
      body: { token: describe(user, methods, scoped) },
    };
  }

  function describe(user: string, methods: readonly string[], scoped: boolean): Body {
    const { project = '', role = 'member' } = users[user] ?? {};
    const at = Date.now();
    const domain = { id: 'default', name: 'Default' };
    return {
      methods,
      user: { id: idOf(user), name: user, domain, password_expires_at: null },
      issued_at: new Date(at).toISOString(),
      expires_at: new Date(at + keystone.lifeS * 1000).toISOString(),
      ...(scoped
        ? {
            project: { id: projects[project], name: project, domain },
            roles: [{ id: role, name: role === 'admin' ? keystone.adminRole : role }],
            catalog: catalogue(projects[project] ?? ''),
          }
        : {}),
    };
  }

  function scoped(body: unknown, user: string, methods: readonly string[]): FakeAnswer {
    if (inner(body, 'auth', 'scope', 'OS-TRUST:trust', 'id') === trust) return grant(user, methods, true);
    const scope = inner(body, 'auth', 'scope', 'project');
    if (scope === undefined) return grant(user, methods, false);
    const own = users[user]?.project ?? '';
    const byId = inner(scope, 'id');
    const fits = byId === undefined ? inner(scope, 'name') === own && inDefault(inner(scope, 'domain')) : byId === projects[own];
    return fits ? grant(user, methods, true) : unauthorized();
  }

  /** The user of a password or a one-time code. */
  function userIn(user: unknown, isRight: (name: string) => boolean): string | FakeAnswer {
    const byId = Object.keys(users).find((one) => idOf(one) === inner(user, 'id'));
    if (byId === undefined && inner(user, 'domain') === undefined) return malformed('domain in user');
    const name = byId ?? String(inner(user, 'name'));
    return (byId !== undefined || inDefault(inner(user, 'domain'))) && isRight(name) ? name : unauthorized();
  }

  function credentialsUser(given: unknown, body: unknown): string | FakeAnswer {
    if (inner(body, 'auth', 'scope') !== undefined)
      return unauthorized('Error authenticating with application credential: Application credentials cannot request a scope.');
    const byName =
      inner(given, 'name') === appCredential.name &&
      inner(given, 'user', 'name') === appCredential.user &&
      inDefault(inner(given, 'user', 'domain'));
    if (inner(given, 'id') !== appCredential.id && !byName)
      return failure(
        404,
        'Not Found',
        `Could not find Application Credential: ${String(inner(given, 'id') ?? inner(given, 'name'))}.`,
      );
    return inner(given, 'secret') === appCredential.secret ? appCredential.user : unauthorized();
  }

  const provers: Readonly<Record<string, (given: unknown, body: unknown) => string | FakeAnswer>> = {
    password: (given) => userIn(inner(given, 'user'), (name) => users[name]?.password === inner(given, 'user', 'password')),
    totp: (given) => userIn(inner(given, 'user'), (name) => name in users && inner(given, 'user', 'passcode') === passcode),
    application_credential: credentialsUser,
    token: (given) => tokens.get(String(inner(given, 'id')))?.user ?? unauthorized(),
  };

  function signIn(body: unknown): FakeAnswer {
    const identity = inner(body, 'auth', 'identity');
    if (identity === undefined) return malformed('auth in request body');
    const methods = (inner(identity, 'methods') as readonly string[] | undefined) ?? [];
    const found = methods.map((method) => provers[method]?.(inner(identity, method), body) ?? unauthorized());
    const refusal = found.find((one) => typeof one !== 'string');
    const [user] = found;
    if (typeof refusal === 'object' || typeof user !== 'string') return refusal ?? unauthorized();
    const lacking = keystone.factors.filter((factor) => !methods.includes(factor) && !methods.includes('token'));
    if (lacking.length > 0)
      return {
        status: 401,
        headers: { 'openstack-auth-receipt': 'gAAAAreceipt' },
        body: { receipt: { methods }, required_auth_methods: [keystone.factors] },
      };
    if (methods.includes('application_credential')) return grant(user, methods, true);
    return scoped(body, user, methods.includes('token') ? ['password', 'token'] : methods);
  }

  /** What an access token of the identity provider is exchanged for. */
  function federated(authorization: string | undefined): FakeAnswer {
    return authorization === `Bearer ${federation.accessToken}` ? grant(federation.user, ['mapped'], false) : unauthorized();
  }

  /** Those of the user himself, or, for administrators alone, all of a name. */
  function projectsFor(token: string | undefined, path: string, { searchParams }: URL): FakeAnswer {
    const caller = keystone.caller(token);
    if (!caller) return unauthorized();
    const all = [...Object.entries(projects), ...keystone.namesakes].map(([name, id]) => ({ id, name, domain_id: 'default' }));
    const own = path.endsWith('/auth/projects');
    if (!own && !caller.admin) return failure(403, 'Forbidden', 'You are not authorized to perform the requested action.');
    const shown = all.filter(({ id, name }) => (own ? id === caller.project : name === searchParams.get('name')));
    return { status: 200, body: { projects: shown, links: { next: null } } };
  }

  const keystone: Keystone = {
    adminRole: 'admin',
    namesakes: [],
    lifeS: 3600,
    imageUrl: undefined,
    factors: [],
    caller(token) {
      const found = tokens.get(token ?? '');
      const user = found && users[found.user];
      if (!found || !user) return undefined;
      return { user: found.user, project: found.scoped ? (projects[user.project] ?? '') : '', admin: user.role === 'admin' };
    },
    revokeAll: () => tokens.clear(),
    answer({ method, headers, data, url }, path) {
      if (method === 'GET' && /^\/v3\/(auth\/)?projects$/.test(path)) return projectsFor(headers['x-auth-token'], path, url);
      if (method === 'POST' && path === federation.path) return federated(headers.authorization);
      if (path !== '/v3/auth/tokens')
        return {
          status: 404,
          headers: { 'content-type': 'text/html' },
          body: '<!doctype html><title>404 Not Found</title><h1>Not Found</h1>',
        };
      if (method === 'POST') {
        if (!headers['content-type']?.startsWith('application/json')) return malformed('application/json');
        try {
          return signIn(JSON.parse(data.toString('utf8')));
        } catch {
          return malformed('valid JSON in request body');
        }
      }
      const looked = tokens.get(headers['x-subject-token'] ?? '');
      if (method !== 'GET' || !tokens.has(headers['x-auth-token'] ?? '') || !looked) return unauthorized();
      return { status: 200, body: { token: describe(looked.user, ['password'], looked.scoped) } };
    },
  };
  return keystone;
}

import { authError, providerError } from '../../core/errors.ts';
import { aboutNoImage } from '../../core/answer-error.ts';
import type { Http } from '../../core/http.ts';
import { isObject } from '../../core/json.ts';
import type { Call } from '../../core/operation.ts';
import { basicAuthorization, Secret } from '../../core/secret.ts';
import { challengesOf, type Challenge } from './challenge.ts';
import { errorFrom } from './errors.ts';

/** What a profile has to sign in with; all absent: anonymous. */
export interface Credentials {
  readonly username: string | undefined;
  readonly password: Secret | undefined;
  readonly token: Secret | undefined;
}

interface Held {
  readonly authorization: Secret;
  /** When it was asked for, ms since 1970, and for how long it is good, ms. */
  readonly since: number;
  readonly lifeMs: number;
}

/** Life of a token that does not say how long it lives (Docker token authentication specification). */
const usualLifeSeconds = 60;
/** Share of its life after which a token is renewed: a registry looks at it when a request begins, and uploads are long. */
const renewAfter = 0.8;
/** The same before bulk bytes: some registries, and proxies that buffer, look at a token when the body is whole. */
export const renewBeforeBulk = 0.2;

const partsOf = (scope: string): readonly [string, readonly string[]] => {
  const at = scope.lastIndexOf(':');
  return [scope.slice(0, at), scope.slice(at + 1).split(',')];
};

/**
 * What a token is asked for: all that the request takes, and what the challenge names besides. A challenge is a hint: some
 * registries name less than the request takes, or a repository that stands for any.
 * Oddity: several scopes come separated by spaces in one value, and are wanted back one by one.
 */
function allScopes(needed: readonly string[], challenged: string | undefined): readonly string[] {
  const rights = new Map<string, Set<string>>();
  for (const scope of [...needed, ...(challenged?.split(' ') ?? [])]) {
    const [resource, actions] = partsOf(scope);
    if (resource === '') continue;
    const known = rights.get(resource) ?? new Set();
    for (const action of actions) known.add(action);
    rights.set(resource, known);
  }
  return [...rights].map(([resource, actions]) => `${resource}:${[...actions].join(',')}`);
}

/**
 * The `Authorization` that goes with each request to one registry, learned from its challenges. Credentials go to the
 * registry (Basic) or to the realm that it names (Bearer), and nowhere else.
 */
export class Authorizer {
  readonly #http: Http;
  readonly #origin: URL;
  readonly #credentials: Credentials;
  #basic: Secret | undefined;
  #wereTaken = false;
  readonly #bearer = new Map<string, { readonly challenge: Challenge; readonly held: Promise<Held> }>();

  constructor(http: Http, origin: URL, credentials: Credentials) {
    this.#http = http;
    this.#origin = origin;
    this.#credentials = credentials;
  }

  /** Whether the credentials of the profile were taken: a refusal since then is about what was asked for. */
  get wereTaken(): boolean {
    return this.#wereTaken;
  }

  /** The header for a request that needs these scopes; absent until the registry has asked for one. Renews what has lived so much of its life. */
  async header(scopes: readonly string[], call: Call, share = renewAfter): Promise<Secret | undefined> {
    const { token } = this.#credentials;
    if (token) return token.map((value) => `Bearer ${value}`);
    if (this.#basic) return this.#basic;
    const known = this.#bearer.get(scopes.join(' '));
    if (!known) return undefined;
    const held = await known.held;
    if (Date.now() < held.since + held.lifeMs * share) return held.authorization;
    return this.#otherToken(known.challenge, held.authorization, scopes, call);
  }

  /**
   * The header to try next after a 401 with this `WWW-Authenticate`; absent when there is nothing better than `tried`.
   * Throws AUTH when the realm refuses our credentials.
   */
  async afterRefusal(
    header: string,
    tried: Secret | undefined,
    scopes: readonly string[],
    call: Call,
  ): Promise<Secret | undefined> {
    const { token, username, password } = this.#credentials;
    const challenges = challengesOf(header);
    const bearer = challenges.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.realm !== undefined);
    if (token) return undefined;
    if (bearer) return this.#otherToken(bearer, tried, scopes, call);
    // Who refuses a token without saying how to get another one, as proxies do, means the way that it was got.
    const known = challenges.length === 0 && tried ? this.#bearer.get(scopes.join(' ')) : undefined;
    if (known) return this.#otherToken(known.challenge, tried, scopes, call);
    if (!challenges.some(({ scheme }) => scheme === 'basic') || username === undefined || !password || tried) return undefined;
    this.#basic = basicAuthorization(username, password);
    return this.#basic;
  }

  /** A token that is not the one just refused or run out: of several requests that need one at once, one asks for the others. */
  async #otherToken(challenge: Challenge, tried: Secret | undefined, scopes: readonly string[], call: Call): Promise<Secret> {
    const known = this.#bearer.get(scopes.join(' '));
    if (!known) return this.#exchange(scopes, challenge, call);
    const held = await known.held.catch(() => undefined);
    if (held && held.authorization !== tried) return held.authorization;
    const now = this.#bearer.get(scopes.join(' '));
    return now && now !== known ? (await now.held).authorization : this.#exchange(scopes, challenge, call);
  }

  async #exchange(scopes: readonly string[], challenge: Challenge, call: Call): Promise<Secret> {
    const key = scopes.join(' ');
    const entry = { challenge, held: this.#obtain(challenge, scopes, call) };
    this.#bearer.set(key, entry);
    // A failed sign-in is not kept: the next request is refused, and may try again.
    entry.held.catch(() => (this.#bearer.get(key) === entry ? this.#bearer.delete(key) : undefined));
    return (await entry.held).authorization;
  }

  /** https://distribution.github.io/distribution/spec/auth/token/ */
  async #obtain({ parameters }: Challenge, scopes: readonly string[], call: Call): Promise<Held> {
    const url = this.#realm(parameters.realm ?? '');
    if (parameters.service !== undefined) url.searchParams.append('service', parameters.service);
    url.searchParams.append('client_id', 'imgctl');
    const [own, all] = [allScopes(scopes, undefined), allScopes(scopes, parameters.scope)];
    const { username, password } = this.#credentials;
    const authorization = username !== undefined && password ? basicAuthorization(username, password) : undefined;
    const since = Date.now();
    const ask = (wanted: readonly string[]) => {
      const at = new URL(url);
      for (const scope of wanted) at.searchParams.append('scope', scope);
      return this.#http.request({ method: 'GET', url: at, headers: { authorization } }, call);
    };
    let answer = await ask(all);
    // What the challenge names besides may be what is refused.
    if (answer.status >= 400 && answer.status < 500 && all.join(' ') !== own.join(' ')) answer = await ask(own);
    const what = `signing in at ${url.host}`;
    if (answer.status !== 200) throw aboutNoImage(errorFrom(answer, answer.text, what));
    const body = answer.json();
    const given = isObject(body)
      ? [body.token, body.access_token].find((token) => typeof token === 'string' && token !== '')
      : undefined;
    if (!isObject(body) || typeof given !== 'string') throw providerError(`${what}: no token in the answer`);
    if (authorization) this.#wereTaken = true;
    // Oddity: some write the number as text.
    const said = Number(body.expires_in);
    const life = said > 0 ? said : usualLifeSeconds;
    return { authorization: new Secret(given).map((value) => `Bearer ${value}`), since, lifeMs: life * 1000 };
  }

  #realm(text: string): URL {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (!url || !/^https?:$/.test(url.protocol) || url.username !== '')
      throw providerError(`${this.#origin.host} names an invalid token address: ${JSON.stringify(text.slice(0, 100))}`);
    if (this.#origin.protocol === 'https:' && url.protocol === 'http:')
      throw authError(`refusing to send the credentials unencrypted to ${url.host} (named by ${this.#origin.host})`);
    return url;
  }
}

import type { FakeAnswer, FakeRequest } from '../../support/fake-server.ts';
import { refusal } from './refusal.ts';
import type { Switches } from './switches.ts';

export const user = { username: 'ada', password: 'a-password-for-tests' };
const basic = `Basic ${Buffer.from(`${user.username}:${user.password}`).toString('base64')}`;

/** Signs in: a token server, and what a registry does with what it hands out. */
export interface Tokens {
  /** `GET /token`. */
  answer(request: FakeRequest): FakeAnswer;
  /** The refusal of a request that lacks these scopes; absent if it may go on. */
  check(request: FakeRequest, scopes: readonly string[], switches: Switches): FakeAnswer | undefined;
  /** Makes every token handed out so far useless. */
  revoke(): void;
  /** Rights that the token server grants to nobody. */
  withhold(right: string): void;
  readonly handedOut: number;
}

export function startTokens(realm: () => string, life: () => number): Tokens {
  let tokens = new Map<string, { readonly scopes: readonly string[]; readonly until: number }>();
  const withheld = new Set<string>();
  let handedOut = 0;
  return {
    answer({ url, headers }) {
      if (headers.authorization !== basic) return refusal(401, 'UNAUTHORIZED', 'incorrect username or password');
      if (url.searchParams.get('service') !== 'registry.tests') return { status: 400, body: 'unknown service' };
      // A scope that holds a space is none: each has a parameter of its own.
      const scopes = url.searchParams
        .getAll('scope')
        .filter((scope) => !scope.includes(' ') && ![...withheld].some((right) => scope.includes(right)));
      handedOut += 1;
      const token = `token-${handedOut}-of-the-fake`;
      tokens.set(token, { scopes, until: Date.now() + life() * 1000 });
      return { status: 200, body: { token, expires_in: life() } };
    },
    check({ headers }, scopes, { auth, challengeScope }) {
      if (auth === 'none') return undefined;
      if (auth === 'basic')
        return headers.authorization === basic
          ? undefined
          : {
              ...refusal(401, 'UNAUTHORIZED', 'authentication required'),
              headers: { 'www-authenticate': 'Basic realm="registry, tests"' },
            };
      const given = tokens.get(headers.authorization?.replace(/^Bearer /, '') ?? '');
      const has = (scope: string): boolean => {
        const [, name, rights = ''] = scope.split(':');
        return rights
          .split(',')
          .every((right) =>
            given?.scopes.some((each) => each.split(':')[1] === name && each.split(':')[2]?.split(',').includes(right)),
          );
      };
      if (given && given.until > Date.now() && scopes.every(has)) return undefined;
      const challenge = `Bearer realm="${realm()}",service="registry.tests",scope="${challengeScope ?? scopes.join(' ')}"${headers.authorization ? ',error="invalid_token"' : ''}`;
      return { ...refusal(401, 'UNAUTHORIZED', 'authentication required'), headers: { 'www-authenticate': challenge } };
    },
    revoke: () => void (tokens = new Map()),
    withhold: (right) => void withheld.add(right),
    get handedOut() {
      return handedOut;
    },
  };
}

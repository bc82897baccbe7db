import { configError } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import { federationOf, type Federation } from './federation.ts';
import type { authTypes, ProfileValues } from './fields.ts';
import { incomplete, proofs, scopeOf, type Proof } from './identity.ts';

interface InWords {
  readonly as: string;
  readonly hint: string;
}

/**
 * How a profile signs in: a request for Keystone (`auth`), by way of another identity provider, a token that is there already,
 * or not at all.
 */
export type Credentials =
  | ({ readonly kind: 'sign-in'; readonly auth: object } & InWords)
  | ({ readonly kind: 'federated'; readonly federation: Federation; readonly scope: object | undefined } & InWords)
  | ({ readonly kind: 'token'; readonly token: Secret; readonly fixed?: boolean } & InWords)
  | { readonly kind: 'none' };

type Way = (values: ProfileValues) => Credentials;
type AuthType = (typeof authTypes)[number];

const ways: Readonly<Record<AuthType, Way>> = {
  password: by('password'),
  v3password: by('password'),
  token,
  v3token: token,
  v3applicationcredential: by('application_credential'),
  v3totp: by('totp'),
  v3multifactor: multifactor,
  v3oidcpassword: federated('password'),
  v3oidcclientcredentials: federated('client_credentials'),
  v3oidcaccesstoken: federated(undefined),
  admin_token: fixedToken,
  token_endpoint: fixedToken,
  none: () => ({ kind: 'none' }),
};

export const isAuthType = (name: string): name is AuthType => Object.hasOwn(ways, name);

/** Why a way to sign in is not taken, and what to do. */
export const unknownAuthType = (name: string): { readonly reason: string; readonly hint: string } => ({
  reason: name.startsWith('v2')
    ? `auth_type ${name} is Keystone v2, which no longer exists`
    : `auth_type ${name} is not supported`,
  hint: 'Use an application credential, or set token to what this prints: openstack token issue',
});

/**
 * The way that the profile asks for with `authType`; where it does not: application credential, token or password, the first
 * for which something is set. Throws CONFIG when that way is not supported or not complete: nothing else is tried.
 */
export function credentialsOf(values: ProfileValues): Credentials {
  const asked = values.authType;
  if (asked && !isAuthType(asked)) {
    const { reason, hint } = unknownAuthType(asked);
    throw configError(reason, { hint });
  }
  return ways[asked && isAuthType(asked) ? asked : usualWay(values)](values);
}

function usualWay(values: ProfileValues): AuthType {
  if (values.applicationCredentialId ?? values.applicationCredentialName) return 'v3applicationcredential';
  return values.token ? 'token' : 'password';
}

function signIn(given: readonly [Proof, ...Proof[]], values: ProfileValues): Credentials {
  const scope = given.some(({ scoped }) => scoped) ? undefined : scopeOf(values);
  const identity = {
    methods: given.map(({ method }) => method),
    ...Object.fromEntries(given.map((one) => [one.method, one.data])),
  };
  const [{ as }] = given;
  return {
    kind: 'sign-in',
    as,
    auth: { identity, ...(scope ? { scope } : {}) },
    hint: [...new Set(given.map(({ hint }) => hint))].join(' '),
  };
}

function by(method: keyof typeof proofs): Way {
  return (values) => signIn([proofs[method](values)], values);
}

/** The methods that may stand together, by their names in `auth_methods`. */
const factors: Readonly<Record<string, keyof typeof proofs>> = {
  v3password: 'password',
  password: 'password',
  v3totp: 'totp',
  totp: 'totp',
  v3token: 'token',
  token: 'token',
  v3applicationcredential: 'application_credential',
};

function multifactor(values: ProfileValues): Credentials {
  const named = [...new Set((values.authMethods ?? '').split(/[\s,]+/).filter(Boolean))];
  const unknown = named.filter((name) => !Object.hasOwn(factors, name));
  if (unknown.length > 0)
    throw configError(`authMethods: ${unknown.join(', ')} is not supported`, {
      hint: `Supported: ${Object.keys(factors)
        .filter((name) => name.startsWith('v3'))
        .join(', ')}`,
    });
  const [first, ...others] = named.flatMap((name) => factors[name] ?? []).map((method) => proofs[method](values));
  if (!first) throw incomplete('authMethods is', 'Set authMethods, for instance to v3password,v3totp.');
  return signIn([first, ...others], values);
}

function federated(grant: 'password' | 'client_credentials' | undefined): Way {
  return (values) => {
    const { federation, ...words } = federationOf(values, grant);
    return { kind: 'federated', federation, scope: scopeOf(values), ...words };
  };
}

const givenToken = (values: ProfileValues): { readonly token: Secret } & InWords => {
  const { as, hint } = proofs.token(values);
  if (!values.token) throw incomplete('token is', 'Set token.');
  return { token: values.token, as, hint };
};

/** With a project beside it the token is exchanged for one of that project; alone it is used as it is. */
function token(values: ProfileValues): Credentials {
  return scopeOf(values) ? signIn([proofs.token(values)], values) : { kind: 'token', ...givenToken(values) };
}

/** Goes to Glance as it is; Keystone is not asked. */
function fixedToken(values: ProfileValues): Credentials {
  return { kind: 'token', fixed: true, ...givenToken(values) };
}

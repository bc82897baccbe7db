import { configError, type ImgctlError } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import { authTypes, type ProfileValues } from './fields.ts';

/** How a profile signs in: a request for Keystone (`auth`), a token that is there already, or not at all. */
export type Credentials =
  | { readonly kind: 'sign-in'; readonly auth: object; readonly as: string; readonly hint: string }
  | { readonly kind: 'token'; readonly token: Secret; readonly as: string; readonly hint: string; readonly fixed?: boolean }
  | { readonly kind: 'none' };

type Way = (values: ProfileValues) => Credentials;
type AuthType = (typeof authTypes)[number];

/** Each way uses what it is named for, and nothing that happens to be set beside it. */
const ways: Readonly<Record<AuthType, Way>> = {
  password,
  v3password: password,
  token,
  v3token: token,
  v3applicationcredential: applicationCredential,
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
  hint: `Use an application credential. Supported: ${authTypes.join(', ')}`,
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

const incomplete = (missing: string, hint: string): ImgctlError => configError(`cannot sign in: ${missing} required`, { hint });

/** Domains are written by name, except `default` and the 32 hex digits that Keystone makes: those are ids. */
const domain = (text: string): object => (text === 'default' || /^[0-9a-f]{32}$/.test(text) ? { id: text } : { name: text });

const user = ({ userId, username, userDomain }: ProfileValues): object =>
  userId ? { id: userId } : { name: username, domain: domain(userDomain) };

function scope(values: ProfileValues): { scope?: object } {
  if (values.projectId) return { scope: { project: { id: values.projectId } } };
  if (!values.project) return {};
  return { scope: { project: { name: values.project, domain: domain(values.projectDomain ?? values.userDomain) } } };
}

function password(values: ProfileValues): Credentials {
  const who = values.userId ?? values.username;
  if (!who || !values.password) {
    const missing = who ? 'password is' : values.password ? 'username is' : 'username and password are';
    throw incomplete(missing, 'Set username and password, or applicationCredentialId and applicationCredentialSecret, or token.');
  }
  return {
    kind: 'sign-in',
    as: `as ${who}`,
    auth: {
      identity: { methods: ['password'], password: { user: { ...user(values), password: values.password } } },
      ...scope(values),
    },
    hint: 'Check username, password, userDomain, project and projectDomain: Keystone does not say which is wrong.',
  };
}

/** No scope goes with it: an application credential belongs to its project, and Keystone refuses another word on it. */
function applicationCredential(values: ProfileValues): Credentials {
  const { applicationCredentialId: id, applicationCredentialName: name, applicationCredentialSecret: secret } = values;
  if (!id && !name)
    throw incomplete('applicationCredentialId is', 'Set applicationCredentialId and applicationCredentialSecret.');
  if (!secret) throw incomplete('applicationCredentialSecret is', 'Set applicationCredentialSecret.');
  if (!id && !values.username && !values.userId)
    throw incomplete(
      'the user of the application credential is',
      'Set username, or applicationCredentialId instead of applicationCredentialName.',
    );
  const which = id ? { id } : { name, user: user(values) };
  return {
    kind: 'sign-in',
    as: `with application credential ${id ?? name ?? ''}`,
    auth: { identity: { methods: ['application_credential'], application_credential: { ...which, secret } } },
    hint: 'Check the application credential: it may have expired or been deleted.',
  };
}

const tokenWords = { as: 'with the given token', hint: 'Get a new token: this one may have expired.' };

function tokenOf({ token: given }: ProfileValues): Secret {
  if (!given) throw incomplete('token is', 'Set token.');
  return given;
}

/** With a project beside it the token is exchanged for one of that project; alone it is used as it is. */
function token(values: ProfileValues): Credentials {
  const given = tokenOf(values);
  const scoped = scope(values);
  if (!scoped.scope) return { kind: 'token', token: given, ...tokenWords };
  return { kind: 'sign-in', auth: { identity: { methods: ['token'], token: { id: given } }, ...scoped }, ...tokenWords };
}

/** Goes to Glance as it is; Keystone is not asked. */
function fixedToken(values: ProfileValues): Credentials {
  return { kind: 'token', token: tokenOf(values), fixed: true, ...tokenWords };
}

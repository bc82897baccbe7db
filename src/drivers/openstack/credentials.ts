import { configError } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import type { ProfileValues } from './fields.ts';

/** How a profile signs in: a request for Keystone (`auth`), or a token that is there already. */
export type Credentials =
  | { readonly kind: 'sign-in'; readonly auth: object; readonly as: string; readonly hint: string }
  | { readonly kind: 'token'; readonly token: Secret; readonly as: string; readonly hint: string };

/** Domains are written by name, except `default` and the 32 hex digits that Keystone makes: those are ids. */
const domain = (text: string): object => (text === 'default' || /^[0-9a-f]{32}$/.test(text) ? { id: text } : { name: text });

/**
 * The way the profile's values sign in: application credential, token or password, in this order.
 * Throws CONFIG when no way is complete.
 */
export function credentialsOf(values: ProfileValues): Credentials {
  if (values.applicationCredentialId ?? values.applicationCredentialName) return applicationCredential(values);
  if (values.token) return token(values, values.token);
  if (values.username && values.password) return password(values, values.username, values.password);
  const missing = values.username ? 'password' : values.password ? 'username' : 'username and password';
  throw configError(`the profile cannot sign in: ${missing} missing`, {
    hint: 'set username and password, or applicationCredentialId and applicationCredentialSecret, or token',
  });
}

function user(values: ProfileValues, name: string): object {
  return { name, domain: domain(values.userDomain) };
}

function scope(values: ProfileValues): { scope?: object } {
  if (values.projectId) return { scope: { project: { id: values.projectId } } };
  if (!values.project) return {};
  return { scope: { project: { name: values.project, domain: domain(values.projectDomain ?? values.userDomain) } } };
}

function password(values: ProfileValues, name: string, secret: Secret): Credentials {
  return {
    kind: 'sign-in',
    as: `as ${name}`,
    auth: {
      identity: { methods: ['password'], password: { user: { ...user(values, name), password: secret } } },
      ...scope(values),
    },
    hint: 'check username, password, userDomain, project and projectDomain: Keystone does not say which is wrong',
  };
}

/** No scope goes with it: an application credential belongs to its project, and Keystone refuses another word on it. */
function applicationCredential(values: ProfileValues): Credentials {
  const { applicationCredentialId: id, applicationCredentialName: name, applicationCredentialSecret: secret } = values;
  if (!secret)
    throw configError('the profile cannot sign in: applicationCredentialSecret missing', {
      hint: 'set applicationCredentialSecret',
    });
  if (!id && !values.username)
    throw configError('an application credential by name needs its user', {
      hint: 'set username, or applicationCredentialId instead of the name',
    });
  const which = id ? { id } : { name, user: user(values, values.username ?? '') };
  return {
    kind: 'sign-in',
    as: `with application credential ${id ?? name ?? ''}`,
    auth: { identity: { methods: ['application_credential'], application_credential: { ...which, secret } } },
    hint: 'check the application credential: it may have expired or been deleted',
  };
}

/** With a project beside it the token is exchanged for one of that project; alone it is used as it is. */
function token(values: ProfileValues, given: Secret): Credentials {
  const told = { as: 'with the given token', hint: 'the token may have expired: get a new one' };
  const scoped = scope(values);
  if (!scoped.scope) return { kind: 'token', token: given, ...told };
  return { kind: 'sign-in', auth: { identity: { methods: ['token'], token: { id: given } }, ...scoped }, ...told };
}

const absolute = (text: string, field: string): string => {
  if (!/^https?:\/\/[^/]/i.test(text))
    throw configError(`${field} "${text}" is not an http or https address`, { hint: `set ${field} to https://…` });
  return text.replace(/\/+$/, '');
};

/** Keystone's address, ending in `/v3`. Absent when none is needed (a token and an image endpoint were given). Throws CONFIG. */
export function authUrlOf(values: ProfileValues, credentials: Credentials): string | undefined {
  if (values.authUrl) {
    const url = absolute(values.authUrl, 'authUrl');
    if (/\/v2(\.\d+)?$/.test(url))
      throw configError(`authUrl ${url} is Keystone v2, which is gone`, { hint: 'set authUrl to the same address with /v3' });
    return url.endsWith('/v3') ? url : `${url}/v3`;
  }
  if (values.host) {
    const origin = /^https?:\/\//i.test(values.host) ? values.host : `https://${values.host}`;
    return `${absolute(origin, 'host')}/keystone/v3`;
  }
  if (credentials.kind === 'token' && values.imageEndpoint) return undefined;
  throw configError('the profile names no cloud: authUrl missing', { hint: 'set authUrl, or host for a Platform9 PCD' });
}

/** The image endpoint that overrules the catalogue; absent when there is none. Throws CONFIG. */
export const imageEndpointOf = (values: ProfileValues): string | undefined =>
  values.imageEndpoint ? absolute(values.imageEndpoint, 'imageEndpoint') : undefined;

/** `public`, `internal` or `admin`; `publicURL` and its like, from the days of Keystone v2, are the same. Throws CONFIG. */
export function interfaceOf(values: ProfileValues): string {
  const name = values.interface.replace(/URL$/, '');
  if (!['public', 'internal', 'admin'].includes(name))
    throw configError(`interface "${values.interface}" does not exist`, { hint: 'set interface to public, internal or admin' });
  return name;
}

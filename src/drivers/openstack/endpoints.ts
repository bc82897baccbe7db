import { configError } from '../../core/errors.ts';
import type { ProfileValues } from './fields.ts';

/** What has to be known of credentials to tell whether Keystone is asked. */
interface SignInKind {
  readonly kind: string;
  readonly fixed?: boolean;
}

/** An address without slashes at its end. Throws CONFIG, with the field, for what is none. */
export const absolute = (text: string, field: string): string => {
  if (!/^https?:\/\/[^/]/i.test(text) || !URL.canParse(text))
    throw configError(`${field} "${text}" is not an http or https URL`, { hint: `Set ${field} to https://…` });
  return text.replace(/\/+$/, '');
};

const withoutKeystone = (credentials: SignInKind): boolean =>
  credentials.kind === 'none' || (credentials.kind === 'token' && credentials.fixed === true);

/** Keystone's address, ending in `/v3`. Absent where it is not asked: the way to sign in has no use for it, or a token and an image endpoint were given. Throws CONFIG. */
export function authUrlOf(values: ProfileValues, credentials: SignInKind): string | undefined {
  if (withoutKeystone(credentials)) {
    if (values.imageEndpoint) return undefined;
    throw configError(`imageEndpoint is required with authType ${values.authType ?? ''}`, {
      hint: 'Set imageEndpoint to the URL of Glance.',
    });
  }
  if (values.authUrl) {
    const url = absolute(values.authUrl, 'authUrl');
    if (/\/v2(\.\d+)?$/.test(url))
      throw configError(`authUrl ${url} is Keystone v2, which no longer exists`, {
        hint: 'Set authUrl to the same URL with /v3.',
      });
    return url.endsWith('/v3') ? url : `${url}/v3`;
  }
  if (values.host) {
    const origin = /^https?:\/\//i.test(values.host) ? values.host : `https://${values.host}`;
    return `${absolute(origin, 'host')}/keystone/v3`;
  }
  if (credentials.kind === 'token' && values.imageEndpoint) return undefined;
  throw configError('authUrl is required', { hint: 'Set authUrl, or host for a Platform9 PCD.' });
}

/** The image endpoint that overrules the catalogue; absent when there is none. Throws CONFIG. */
export const imageEndpointOf = (values: ProfileValues): string | undefined =>
  values.imageEndpoint ? absolute(values.imageEndpoint, 'imageEndpoint') : undefined;

/** `public`, `internal` or `admin`; `publicURL` and its like, from the days of Keystone v2, are the same. Throws CONFIG. */
export function interfaceOf(values: ProfileValues): string {
  const name = values.interface.replace(/URL$/, '');
  if (!['public', 'internal', 'admin'].includes(name))
    throw configError(`unknown interface: ${values.interface}`, { hint: 'Set interface to public, internal or admin.' });
  return name;
}

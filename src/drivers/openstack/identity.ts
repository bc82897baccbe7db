import { configError, type ImgctlError } from '../../core/errors.ts';
import type { ProfileValues } from './fields.ts';

/** How one method proves who signs in: its name and data in the body for Keystone, and in words. */
export interface Proof {
  readonly method: string;
  readonly data: object;
  readonly as: string;
  readonly hint: string;
  /** Keystone refuses a scope beside it: it belongs to its project. */
  readonly scoped?: boolean;
}

/** By what Keystone calls the method. Each uses what it is named for, and nothing that happens to be set beside it. Throws CONFIG. */
export const proofs = { password, token, totp, application_credential: applicationCredential } as const satisfies Readonly<
  Record<string, (values: ProfileValues) => Proof>
>;

export const incomplete = (missing: string, hint: string): ImgctlError =>
  configError(`cannot sign in: ${missing} required`, { hint });

/** Domains are written by name, except `default` and the 32 hex digits that Keystone makes: those are ids. */
const domain = (text: string): object => (text === 'default' || /^[0-9a-f]{32}$/.test(text) ? { id: text } : { name: text });

const user = ({ userId, username, userDomain }: ProfileValues): object =>
  userId ? { id: userId } : { name: username, domain: domain(userDomain) };

/** What a token shall be for: a project, by itself or as that of a trust. Absent: Keystone chooses. Throws CONFIG for both. */
export function scopeOf(values: ProfileValues): object | undefined {
  const { trustId, projectId, project, projectDomain, userDomain } = values;
  if (trustId && (projectId ?? project))
    throw configError('trustId and a project cannot be combined: a trust has its own', {
      hint: 'Remove either trustId or project.',
    });
  if (trustId) return { 'OS-TRUST:trust': { id: trustId } };
  if (projectId) return { project: { id: projectId } };
  return project ? { project: { name: project, domain: domain(projectDomain ?? userDomain) } } : undefined;
}

const checkAll = 'Check username, password, userDomain, project and projectDomain: Keystone does not say which is wrong.';

function password(values: ProfileValues): Proof {
  const who = values.userId ?? values.username;
  if (!who || !values.password) {
    const missing = who ? 'password is' : values.password ? 'username is' : 'username and password are';
    throw incomplete(missing, 'Set username and password, or applicationCredentialId and applicationCredentialSecret, or token.');
  }
  return { method: 'password', data: { user: { ...user(values), password: values.password } }, as: `as ${who}`, hint: checkAll };
}

function totp(values: ProfileValues): Proof {
  const who = values.userId ?? values.username;
  if (!who) throw incomplete('username is', 'Set username and passcode.');
  const { passcode } = values;
  if (!passcode) throw incomplete('passcode is', "Set passcode, for instance to cmd:'oathtool -b --totp SECRET'.");
  const hint = 'Get a new passcode: each holds for half a minute, and once only.';
  return { method: 'totp', data: { user: { ...user(values), passcode } }, as: `as ${who}`, hint };
}

function applicationCredential(values: ProfileValues): Proof {
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
    method: 'application_credential',
    data: { ...which, secret },
    as: `with application credential ${id ?? name ?? ''}`,
    hint: 'Check the application credential: it may have expired or been deleted.',
    scoped: true,
  };
}

function token({ token: given }: ProfileValues): Proof {
  if (!given) throw incomplete('token is', 'Set token.');
  const hint = 'Get a new token: this one may have expired.';
  return { method: 'token', data: { id: given }, as: 'with the given token', hint };
}

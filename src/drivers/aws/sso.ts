import { createHash } from 'node:crypto';
import { authError, configError, type ImgctlError } from '../../core/errors.ts';
import { Secret } from '../../core/secret.ts';
import { saidBy, sessionKeys, surroundingsOf, type CredentialContext } from './credential-context.ts';
import { errorFrom } from './errors.ts';
import { serviceAddress } from './settings.ts';
import type { Section } from './shared-files.ts';
import type { Credentials } from './sigv4.ts';

type Said = Readonly<Record<string, unknown>>;

/** Where somebody has signed in, and what for. */
interface Session {
  readonly profile: string;
  /** What the file with the token is named by. */
  readonly key: string;
  readonly region: string;
  /** Its token can be had anew without anybody signing in. */
  readonly refreshes: boolean;
}

function sessionOf({ settings: { files } }: CredentialContext, profile: string, section: Section): Session {
  const name = section.sso_session;
  const session = name === undefined ? section : files.ssoSessions.get(name);
  const region = session?.sso_region;
  const start = session?.sso_start_url;
  if (region === undefined || start === undefined)
    throw configError(
      `AWS profile ${profile}: ${name === undefined ? 'it' : `its sso-session ${name}`} has no sso_start_url and sso_region`,
    );
  return { profile, key: name ?? start, region, refreshes: name !== undefined };
}

const signIn = ({ profile }: Session, why: string, cause?: unknown): ImgctlError =>
  authError(`AWS profile ${profile}: ${why}`, {
    hint: `Run: aws sso login --profile ${profile}`,
    ...(cause === undefined ? {} : { cause }),
  });

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const isAlive = (end: string, { clock }: CredentialContext): boolean => Date.parse(end) > clock.now().getTime();

/** https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_CreateToken.html */
async function refreshed(context: CredentialContext, session: Session, kept: Said): Promise<Secret> {
  const url = `${serviceAddress(context.settings, 'oidc', session.region)}/token`;
  const json = {
    clientId: text(kept.clientId),
    clientSecret: new Secret(text(kept.clientSecret)),
    grantType: 'refresh_token',
    refreshToken: new Secret(text(kept.refreshToken)),
  };
  const answer = await context.http.request({ method: 'POST', url, json, harmless: true }, context.call);
  if (answer.status !== 200) throw signIn(session, 'its session has ended', errorFrom(answer, 'renewing the session'));
  const token = text(saidBy(answer.text, 'IAM Identity Center').accessToken);
  if (token === '') throw signIn(session, 'its session has ended');
  return new Secret(token);
}

/** The token that `aws sso login` has left, or one that it can be renewed to. */
async function tokenOf(context: CredentialContext, session: Session): Promise<Secret> {
  const { home, text: read } = surroundingsOf(context);
  const file = `${home}/.aws/sso/cache/${createHash('sha1').update(session.key).digest('hex')}.json`;
  const found = await read(file);
  if (found === undefined) throw signIn(session, 'nobody has signed in');
  const kept = saidBy(found, file);
  if (text(kept.accessToken) !== '' && isAlive(text(kept.expiresAt), context)) return new Secret(text(kept.accessToken));
  const canRefresh = session.refreshes && text(kept.refreshToken) !== '' && isAlive(text(kept.registrationExpiresAt), context);
  if (!canRefresh) throw signIn(session, 'its session has ended');
  return refreshed(context, session, kept);
}

/** Keys of a role of somebody who has signed in. https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_GetRoleCredentials.html */
export async function fromSso(context: CredentialContext, profile: string, section: Section): Promise<Credentials> {
  const session = sessionOf(context, profile, section);
  const { sso_account_id: account, sso_role_name: role } = section;
  if (account === undefined || role === undefined)
    throw configError(`AWS profile ${profile} has no sso_account_id and sso_role_name`);
  const token = await tokenOf(context, session);
  const query = new URLSearchParams({ role_name: role, account_id: account });
  const url = `${serviceAddress(context.settings, 'portal.sso', session.region)}/federation/credentials?${query}`;
  const answer = await context.http.request({ method: 'GET', url, headers: { 'x-amz-sso_bearer_token': token } }, context.call);
  const what = `AWS profile ${profile}: getting the keys of ${role}`;
  if (answer.status === 401) throw signIn(session, 'its session has ended', errorFrom(answer, what));
  if (answer.status !== 200) throw errorFrom(answer, what);
  const keys = saidBy(answer.text, 'IAM Identity Center').roleCredentials;
  return sessionKeys(typeof keys === 'object' && keys !== null ? (keys as Said) : {}, 'IAM Identity Center', context.clock);
}

import { authError, configError, providerError } from '../../core/errors.ts';
import { answerCircumstances } from '../../core/answer-error.ts';
import type { ApiAnswer, ApiRequest, Http } from '../../core/http.ts';
import { objectIn, parsedJson } from '../../core/json.ts';
import type { Call } from '../../core/operation.ts';
import { basicAuthorization, Secret } from '../../core/secret.ts';
import { absolute } from './endpoints.ts';
import type { ProfileValues } from './fields.ts';
import { incomplete } from './identity.ts';
import { textIn } from './json.ts';
import { errorText, errorFrom } from './errors.ts';

/** How an identity provider gives an access token (OAuth 2.0, RFC 6749 sections 4.3 and 4.4). */
interface Grant {
  readonly type: 'password' | 'client_credentials';
  readonly form: Readonly<Record<string, string | Secret>>;
  /** The client's name and secret, where it has one. */
  readonly authorization?: Secret;
  readonly tokenEndpoint?: string;
  readonly discoveryEndpoint?: string;
  readonly tokenType: string;
}

/** A sign-in by way of another identity provider, as keystoneauth does it for OpenID Connect. */
export interface Federation {
  /** Behind Keystone's `/v3`: where an access token is exchanged for one of Keystone's, which has no project yet. */
  readonly path: string;
  readonly access: Secret | Grant;
}

/** What a federated sign-in needs of a profile. No grant: the access token is there already. Throws CONFIG for what is missing. */
export function federationOf(
  values: ProfileValues,
  type: Grant['type'] | undefined,
): { readonly federation: Federation; readonly as: string; readonly hint: string } {
  const { identityProvider, protocol, accessToken } = values;
  if (!identityProvider || !protocol)
    throw incomplete('identityProvider and protocol are', 'Set both to the names that Keystone has for them.');
  const path = `/OS-FEDERATION/identity_providers/${encodeURIComponent(identityProvider)}/protocols/${encodeURIComponent(protocol)}/auth`;
  if (type) return { federation: { path, access: grantOf(values, type) }, ...wordsOf(values, type, identityProvider) };
  if (!accessToken) throw incomplete('accessToken is', 'Set accessToken.');
  const hint = 'Get a new access token: this one may have expired.';
  return { federation: { path, access: accessToken }, as: `with an access token of ${identityProvider}`, hint };
}

const wordsOf = ({ username, clientId }: ProfileValues, type: Grant['type'], provider: string) =>
  type === 'password'
    ? { as: `as ${username ?? ''} of ${provider}`, hint: 'Check username, password, clientId and clientSecret.' }
    : { as: `as client ${clientId ?? ''} of ${provider}`, hint: 'Check clientId and clientSecret.' };

function grantOf(values: ProfileValues, type: Grant['type']): Grant {
  const { username, password, clientId, clientSecret, accessTokenEndpoint, discoveryEndpoint } = values;
  if (!clientId) throw incomplete('clientId is', 'Set clientId.');
  if (!accessTokenEndpoint && !discoveryEndpoint)
    throw incomplete('discoveryEndpoint or accessTokenEndpoint is', "Set discoveryEndpoint to the provider's URL for it.");
  if (type === 'client_credentials' && !clientSecret) throw incomplete('clientSecret is', 'Set clientSecret.');
  if (type === 'password' && (!username || !password))
    throw incomplete('username and password are', 'Set username and password.');
  return {
    type,
    form: {
      grant_type: type,
      scope: values.openidScope || 'openid profile',
      ...(type === 'password' && username && password ? { username, password } : {}),
      ...(clientSecret ? {} : { client_id: clientId }),
    },
    ...(clientSecret ? { authorization: basicAuthorization(clientId, clientSecret) } : {}),
    ...(accessTokenEndpoint ? { tokenEndpoint: absolute(accessTokenEndpoint, 'accessTokenEndpoint') } : {}),
    ...(discoveryEndpoint ? { discoveryEndpoint: absolute(discoveryEndpoint, 'discoveryEndpoint') } : {}),
    tokenType: values.accessTokenType || 'access_token',
  };
}

/**
 * A token of Keystone's without a project. Throws AUTH when the identity provider or Keystone refuse, CONFIG where an address is
 * not what it should be. `what` says what is being done.
 */
export async function federatedToken(
  http: Http,
  authUrl: string,
  { federation, hint }: { readonly federation: Federation; readonly hint: string },
  what: string,
  call: Call,
): Promise<Secret> {
  const { access, path } = federation;
  const accessToken = access instanceof Secret ? access : await granted(http, access, { what, hint }, call);
  const authorization = accessToken.map((value) => `Bearer ${value}`);
  const answer = await ask(http, { method: 'POST', url: `${authUrl}${path}`, headers: { authorization } }, call);
  if (answer.status === 401 || answer.status === 403) throw signInError(answer, what, hint);
  const token = answer.headers['x-subject-token'];
  if (answer.status >= 200 && answer.status < 300 && token !== undefined) return new Secret(token);
  throw elsewhere(answer, what, 'Check authUrl, identityProvider and protocol.');
}

/** Every request of a sign-in changes nothing, and may be sent again. */
const ask = (http: Http, request: ApiRequest, call: Call): Promise<ApiAnswer> =>
  http.request(
    { ...request, headers: { accept: 'application/json', ...request.headers }, repeatable: true, harmless: true },
    call,
  );

type Telling = { readonly what: string; readonly hint: string };

async function granted(http: Http, grant: Grant, { what, hint }: Telling, call: Call): Promise<Secret> {
  const url = await tokenEndpoint(http, grant, what, call);
  const { authorization, form, tokenType } = grant;
  const answer = await ask(http, { method: 'POST', url, headers: { authorization }, form }, call);
  const { status } = answer;
  // RFC 6749 section 5.2: wrong names and passwords are 400.
  if (status === 400 || status === 401 || status === 403) throw signInError(answer, what, hint);
  if (status < 200 || status >= 300) throw elsewhere(answer, what, 'Check accessTokenEndpoint, or discoveryEndpoint.');
  const token = textIn(objectIn(answer.json())[tokenType]);
  if (token === undefined) throw providerError(`${what}: the answer of ${answer.url} has no ${tokenType}`);
  return new Secret(token);
}

/** What the profile says, or the discovery document, which may not lead from https to http. */
async function tokenEndpoint(http: Http, grant: Grant, what: string, call: Call): Promise<string> {
  const { tokenEndpoint: said, discoveryEndpoint: at } = grant;
  if (said !== undefined || at === undefined) return said ?? '';
  const answer = await ask(http, { method: 'GET', url: at }, call);
  if (answer.status !== 200) throw elsewhere(answer, what, 'Check discoveryEndpoint.');
  const document = objectIn(answer.json());
  const types = document.grant_types_supported;
  if (Array.isArray(types) && !types.includes(grant.type))
    throw configError(`${what}: the identity provider does not offer ${grant.type} (see ${at})`, {
      hint: 'Use an application credential.',
    });
  const url = textIn(document.token_endpoint);
  if (url === undefined)
    throw configError(`${what}: ${at} names no token_endpoint`, { hint: 'Check discoveryEndpoint, or set accessTokenEndpoint.' });
  const endpoint = URL.canParse(url) && /^https?:/i.test(url) ? url : undefined;
  if (endpoint === undefined)
    throw configError(`${what}: token_endpoint in ${at} is not an http or https URL: ${url}`, {
      hint: 'Check discoveryEndpoint, or set accessTokenEndpoint.',
    });
  if (/^https:/i.test(at) && !/^https:/i.test(endpoint))
    throw configError(`refusing to send secrets unencrypted to ${endpoint} (from ${at})`, {
      hint: 'Set accessTokenEndpoint to the https URL.',
    });
  return endpoint;
}

/** An address that answers in another way than what should be there: the profile's fault, but for a server that has failed. */
function elsewhere(answer: ApiAnswer, what: string, hint: string) {
  const { status, url } = answer;
  if (status >= 500 || status === 429) return errorFrom(answer, answer.text, what);
  return configError(`${what}: ${url} gives no token (HTTP ${status})`, { ...answerCircumstances(answer), hint });
}

function signInError(answer: ApiAnswer, what: string, hint: string) {
  const { status, text } = answer;
  const words = oauthWords(text) ?? errorText(text);
  return authError(`${what}: ${words || 'refused'} (HTTP ${status})`, { ...answerCircumstances(answer), hint });
}

/** RFC 6749 section 5.2. Absent: it is no such answer. */
function oauthWords(text: string): string | undefined {
  const { error, error_description: description } = objectIn(parsedJson(text));
  return [textIn(error), textIn(description)].filter(Boolean).join(': ') || undefined;
}

import { authError, configError, type ImgctlError } from '../../core/errors.ts';
import { answerCircumstances } from '../../core/answer-error.ts';
import type { ApiAnswer, Http } from '../../core/http.ts';
import { isObject, objectIn, objectsIn, parsedJson, type JsonObject } from '../../core/json.ts';
import type { Call } from '../../core/operation.ts';
import { Secret } from '../../core/secret.ts';
import { endpointsIn, type Endpoint } from './service-catalog.ts';
import type { Credentials } from './credentials.ts';
import { federatedToken } from './federation.ts';
import { textIn, textsIn } from './json.ts';
import { errorText, errorFrom, isErrorBody } from './errors.ts';

/** A token and what Keystone said along with it. Absent: it did not say. */
export interface SignedIn {
  /** Absent: this Glance takes requests without one. */
  readonly token?: Secret;
  /** When the token should no longer be used for something new: milliseconds of this machine's clock. */
  readonly staleAt?: number;
  readonly endpoints: readonly Endpoint[];
  readonly user?: string;
  readonly project?: { readonly id: string; readonly name: string };
  readonly roles: readonly string[];
}

/** Credentials for which Keystone is asked. */
export type Signing = Exclude<Credentials, { kind: 'none' }>;

/** Margin before the end of a token's life, at most; a short life keeps half of it. */
const marginMs = 60_000;

/**
 * Signs in, or looks at the token that was given. Throws AUTH when Keystone refuses, CONFIG when the address is not
 * Keystone's or the token belongs to no project (Glance would take it, and show public images only).
 */
export async function signIn(http: Http, authUrl: string, credentials: Signing, call: Call): Promise<SignedIn> {
  const what = `signing in to ${authUrl} ${credentials.as}`;
  const url = `${authUrl}/auth/tokens`;
  const answer =
    credentials.kind === 'token'
      ? await http.request(
          {
            method: 'GET',
            url,
            headers: { accept: 'application/json', 'x-auth-token': credentials.token, 'x-subject-token': credentials.token },
          },
          call,
        )
      : await http.request(
          {
            method: 'POST',
            url,
            headers: { accept: 'application/json' },
            json: { auth: await authOf(http, authUrl, credentials, what, call) },
            repeatable: true,
            harmless: true,
          },
          call,
        );
  if (answer.status !== 200 && answer.status !== 201) throw signInError(answer, authUrl, credentials, what);
  const body = answer.json();
  const wire = isObject(body) && isObject(body.token) ? body.token : undefined;
  const subject = answer.headers['x-subject-token'];
  const token = credentials.kind === 'token' ? credentials.token : subject === undefined ? undefined : new Secret(subject);
  if (!wire || !token) throw configError(`${what}: the answer has no token: this is not Keystone v3`, { hint: 'Check authUrl.' });
  return signedIn(wire, token, what);
}

/** What Keystone is sent: of another identity provider a token without a project is exchanged for one that has it. */
async function authOf(
  http: Http,
  authUrl: string,
  credentials: Exclude<Signing, { kind: 'token' }>,
  what: string,
  call: Call,
): Promise<object> {
  if (credentials.kind === 'sign-in') return credentials.auth;
  const id = await federatedToken(http, authUrl, credentials, what, call);
  const { scope } = credentials;
  return { identity: { methods: ['token'], token: { id } }, ...(scope ? { scope } : {}) };
}

function signedIn(wire: JsonObject, token: Secret, what: string): SignedIn {
  const project = objectIn(wire.project);
  const id = textIn(project.id);
  if (id === undefined)
    throw configError(`${what}: the token has no project`, {
      hint: 'Set project (or projectId), and projectDomain if it has another.',
    });
  const user = textIn(objectIn(wire.user).name);
  const staleAt = staleTime(wire);
  return {
    token,
    ...(staleAt === undefined ? {} : { staleAt }),
    endpoints: endpointsIn(wire.catalog),
    ...(user === undefined ? {} : { user }),
    project: { id, name: textIn(project.name) ?? id },
    roles: objectsIn(wire.roles).flatMap((role) => textIn(role.name) ?? []),
  };
}

/** Counted from the length of the token's life, not from its end: this machine's clock may be wrong. */
function staleTime(wire: JsonObject): number | undefined {
  const life = Date.parse(textIn(wire.expires_at) ?? '') - Math.max(Date.parse(textIn(wire.issued_at) ?? ''), 0);
  if (!Number.isFinite(life)) return undefined;
  return Date.now() + life - Math.min(marginMs, life / 2);
}

function signInError(answer: ApiAnswer, authUrl: string, credentials: Signing, what: string): ImgctlError {
  const { status } = answer;
  // Oddity: an application credential that does not exist is 404, where a user that does not exist is 401.
  if (status === 401 || status === 403 || (status === 404 && isErrorBody(answer.text) && credentials.kind !== 'token')) {
    return authError(`${what}: ${errorText(answer.text) || 'refused'} (HTTP ${status})`, {
      ...answerCircumstances(answer),
      hint: furtherFactors(answer.text) ?? credentials.hint,
    });
  }
  if (status === 404 || status === 405 || (status >= 300 && status < 400))
    return configError(`${what}: ${authUrl} is not Keystone v3 (HTTP ${status})`, {
      ...answerCircumstances(answer),
      hint: 'Set authUrl to what the cloud gives as OS_AUTH_URL, such as https://HOST:5000/v3',
    });
  return errorFrom(answer, answer.text, what);
}

/** Keystone's word that what was shown is right and not enough (its receipt). Absent: it was wrong. */
function furtherFactors(text: string): string | undefined {
  if (!text.includes('required_auth_methods')) return undefined;
  const rules = objectIn(parsedJson(text)).required_auth_methods;
  const sets = Array.isArray(rules) ? rules.map((rule) => textsIn(rule).join(' and ')).filter(Boolean) : [];
  return `This user signs in with ${sets.join(', or with ')}. Set authType=v3multifactor, authMethods and passcode.`;
}

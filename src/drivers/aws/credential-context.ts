import { authError } from '../../core/errors.ts';
import type { HostEnvironment } from '../../core/driver.ts';
import type { Http } from '../../core/http.ts';
import type { Call } from '../../core/operation.ts';
import { Secret } from '../../core/secret.ts';
import type { Clock } from './clock.ts';
import type { Settings } from './settings.ts';
import type { Credentials } from './sigv4.ts';

/** What credentials are looked for with. */
export interface CredentialContext {
  readonly settings: Settings;
  readonly http: Http;
  readonly clock: Clock;
  /** The region in which requests are sent, as far as it is known. */
  readonly region: string | undefined;
  readonly call: Call;
}

/** Throws AUTH where there is nothing to look around in: a program that has only been given values. */
export function surroundingsOf({ settings: { surroundings } }: CredentialContext): HostEnvironment {
  if (surroundings) return surroundings;
  throw authError('credentials can be looked for nowhere but in the profile');
}

type Said = Readonly<Record<string, unknown>>;

const textOf = (body: Said, ...names: readonly string[]): string | undefined => {
  const value = names.map((name) => body[name]).find((found) => typeof found === 'string' && found !== '');
  return typeof value === 'string' ? value : undefined;
};

/** When keys end, ms; from a time, or a number of ms. */
function endOf(body: Said): number | undefined {
  const value = body.Expiration ?? body.expiration;
  const end = typeof value === 'number' ? value : typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(end) ? undefined : end;
}

/** The keys that a source has given in any of the spellings that there are. Throws AUTH where they are none, or their time is over. */
export function sessionKeys(body: Said, source: string, clock: Clock): Credentials {
  const id = textOf(body, 'AccessKeyId', 'accessKeyId');
  const secret = textOf(body, 'SecretAccessKey', 'secretAccessKey');
  const token = textOf(body, 'SessionToken', 'sessionToken', 'Token');
  const expiresAt = endOf(body);
  if (id === undefined || secret === undefined) throw authError(`${source} gave no credentials`);
  if (expiresAt !== undefined && expiresAt <= clock.now().getTime())
    throw authError(`${source} gave credentials that have expired`);
  return {
    accessKeyId: id,
    secretAccessKey: new Secret(secret),
    ...(token === undefined ? {} : { sessionToken: new Secret(token) }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

/** A JSON object of a source. Throws AUTH for anything else; what it says is not shown, for it may be the keys. */
export function saidBy(text: string, source: string): Said {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null) return body as Said;
  } catch {
    // Told below.
  }
  throw authError(`${source} gave no credentials: what it says is not JSON`);
}

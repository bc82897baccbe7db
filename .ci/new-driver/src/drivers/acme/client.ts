import { configError, notFoundError } from '../../core/errors.ts';
import type { Http } from '../../core/http.ts';
import type { Call } from '../../core/operation.ts';
import type { Secret } from '../../core/secret.ts';
import { errorFrom } from './errors.ts';

export interface AcmeValues {
  readonly token: Secret;
  readonly endpoint: string;
}

/** What a session keeps between requests. */
export interface AcmeClient {
  readonly http: Http;
  /** Where paths begin: origin and version. */
  readonly base: string;
  readonly token: Secret;
}

/** A client that has sent nothing yet. Throws CONFIG when the endpoint is no address. */
export function connect({ token, endpoint }: AcmeValues, http: Http): AcmeClient {
  if (!/^https?:\/\//.test(endpoint) || !URL.canParse(endpoint))
    throw configError(`invalid endpoint: ${endpoint}`, { hint: 'Use an address such as https://api.acme.example.' });
  return { http, base: `${endpoint.replace(/\/+$/, '')}/v1`, token };
}

/** The path of an image. Throws NOT_FOUND for what can be no id: a URL takes dots for steps to another path. */
export function imagePath(id: string): string {
  if (/^\.{0,2}$/.test(id) || /\p{Surrogate}/u.test(id)) throw notFoundError(`image "${id}" not found`);
  return `images/${encodeURIComponent(id)}`;
}

/** Reads `path`, which stands behind the version: the JSON of a good answer. Throws what the API's refusal stands for. */
export async function read(client: AcmeClient, path: string, what: string, call: Call): Promise<unknown> {
  const headers = { accept: 'application/json', authorization: client.token.map((token) => `Bearer ${token}`) };
  const answer = await client.http.request({ method: 'GET', url: `${client.base}/${path}`, headers }, call);
  if (answer.status !== 200) throw errorFrom(answer, what);
  return answer.json();
}

import { authError, configError, ImgctlError, notFoundError, providerError } from '../../core/errors.ts';
import type { ApiAnswer, ApiRequest, Http } from '../../core/http.ts';
import type { Next } from '../../core/hint.ts';
import type { ImageRecord } from '../../core/image.ts';
import { isObject } from '../../core/json.ts';
import type { Call } from '../../core/operation.ts';
import type { Secret } from '../../core/secret.ts';
import { isBusy, errorFrom, warningsOf } from './errors.ts';
import { rateLimiter, type RateLimiter } from './rate-limit.ts';
import { recordFrom } from './record.ts';

/** One request to the API. `path` stands behind the version; `what` says what is being done, for messages. */
export interface Ask {
  readonly method: ApiRequest['method'];
  readonly path: string;
  readonly what: string;
  /** Sent as `X-Filter`. */
  readonly filter?: Readonly<Record<string, unknown>>;
  readonly json?: unknown;
  readonly prepare?: ApiRequest['prepare'];
  /** What may be missing where the answer is 404, and how to look: the API does not say which of several things it means. */
  readonly ifMissing?: string;
  /** Works without a token: regions and public images do. */
  readonly anonymous?: boolean;
}

/** What a session keeps between requests. */
export interface LinodeClient {
  readonly http: Http;
  /** Where paths begin: origin and version. */
  readonly base: string;
  readonly token: Secret | undefined;
  /** Where new images are made, if the profile says so. */
  readonly region: string | undefined;
  /** Turns for pages of the list of images. */
  readonly lists: RateLimiter;
  /** The highest percentage told so far, by image id. */
  readonly percents: Map<string, number>;
  /** What may not be asked with this token, so that it is asked only once. */
  readonly refused: Set<'events'>;
}

export interface LinodeValues {
  readonly token?: Secret | undefined;
  readonly region?: string | undefined;
  readonly endpoint: string;
  readonly apiVersion: string;
}

/** By address of the API: a program may open one account several times, and the limit counts all its calls. */
const listLimits = new Map<string, RateLimiter>();

/** https://techdocs.akamai.com/linode-api/reference/rate-limits: the list of images has a limit of its own. */
function listLimit(base: string): RateLimiter {
  const limit =
    listLimits.get(base) ?? rateLimiter(20, 60_000, (most) => `Linode allows listing images at most ${most} times a minute`);
  listLimits.set(base, limit);
  return limit;
}

/** A client that has sent nothing yet. Throws CONFIG when the endpoint is no address. */
export function connect(values: LinodeValues, http: Http): LinodeClient {
  const base = baseOf(values.endpoint, values.apiVersion);
  return {
    http,
    base,
    token: values.token,
    region: values.region,
    lists: listLimit(base),
    percents: new Map(),
    refused: new Set(),
  };
}

/** linode-cli's variable names a host, other tools' a URL, with or without the version: all are taken. */
function baseOf(endpoint: string, version: string): string {
  const address = /^https?:\/\//.test(endpoint) ? endpoint : `https://${endpoint}`;
  if (!URL.canParse(address))
    throw configError(`invalid endpoint: ${endpoint}`, { hint: 'Use an address such as https://api.linode.com.' });
  return `${address.replace(/\/+$/, '').replace(/\/v4(beta)?$/, '')}/${version}`;
}

/**
 * The path of an image. Ids contain a slash, which is one `%2F` on the wire. Throws NOT_FOUND for what can be no id,
 * for a URL takes dots for steps to another path.
 */
export function imagePath(id: string): string {
  if (/^\.{0,2}$/.test(id) || /\p{Surrogate}/u.test(id)) throw notFoundError(`image "${id}" not found`);
  return `images/${encodeURIComponent(id)}`;
}

/** Header values are ASCII: other characters are written as JSON escapes. */
const asciiJson = (value: unknown): string =>
  JSON.stringify(value).replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Sends a request; the answer is a good one. Throws AUTH without a token where one is due, and what the API's refusal stands for. */
export async function ask(client: LinodeClient, request: Ask, call: Call): Promise<ApiAnswer> {
  const answer = await client.http.request(
    {
      method: request.method,
      url: `${client.base}/${request.path}`,
      headers: {
        accept: 'application/json',
        authorization: authorization(client, request),
        'x-filter': request.filter && asciiJson(request.filter),
      },
      ...(request.json === undefined ? {} : { json: request.json }),
      ...(request.prepare ? { prepare: request.prepare } : {}),
      retryWhen: isBusy,
    },
    call,
  );
  if (answer.status < 200 || answer.status > 299) {
    const { ifMissing } = request;
    throw errorFrom(answer, request.what, answer.status === 404 && ifMissing !== undefined ? { hint: ifMissing } : {});
  }
  for (const message of warningsOf(answer.text)) call.note({ kind: 'warning', message: `Linode: ${message}` });
  return answer;
}

function authorization(client: LinodeClient, request: Ask): Secret | undefined {
  if (client.token) return client.token.map((token) => `Bearer ${token}`);
  if (request.anonymous) return undefined;
  throw authError(`${request.what}: the profile has no token, and without one Linode shows only public images and regions`, {
    hint: 'List the public images with --all, or set a token with:',
    next: [{ verb: 'profile set', args: ['token=env:LINODE_TOKEN'] }],
  });
}

/** Sends a request whose answer is an image. A success that says nothing is one too: then the image of `id` is read. */
export async function askImage(client: LinodeClient, request: Ask & { readonly id: string }, call: Call): Promise<ImageRecord> {
  return answeredImage(client, await ask(client, request, call), request, call);
}

/** The image in an answer; where there is none in it, the image as it is now. */
export async function answeredImage(
  client: LinodeClient,
  answer: ApiAnswer,
  { id, method, what }: Pick<Ask, 'method' | 'what'> & { readonly id: string },
  call: Call,
): Promise<ImageRecord> {
  return method !== 'GET' && answer.text.trim() === '' ? readImage(client, id, call) : recordFrom(answer.json(), what);
}

/** Reads one image. Throws NOT_FOUND when it is not there, or not the caller's to see. */
export function readImage(client: LinodeClient, id: string, call: Call): Promise<ImageRecord> {
  return askImage(client, { id, method: 'GET', path: imagePath(id), what: `reading ${id}`, anonymous: isLinodes(id) }, call);
}

/**
 * Sends a request that makes an image, and gives what `read` finds in its answer. Oddity: there is no key by which a
 * repeated request is recognised, and a second image is billed: a failure that leaves open whether one was made, an answer
 * that cannot be read among them, is marked as uncertain.
 */
export async function askNew<T>(
  client: LinodeClient,
  request: Omit<Ask, 'method'>,
  read: (body: unknown) => T,
  call: Call,
): Promise<T> {
  try {
    return read((await ask(client, { ...request, method: 'POST' }, call)).json());
  } catch (error) {
    const isOpen = error instanceof ImgctlError && (error.code === 'NETWORK' || error.code === 'PROVIDER');
    if (!isOpen || error.circumstances.unsent) throw error;
    // This hint counts more than one about the connection.
    const hint = 'Check whether the image was created before you try again:';
    const next: readonly Next[] = [{ verb: 'list' }];
    throw new ImgctlError(error.code, error.message, { ...error.circumstances, cause: error, uncertain: true, hint, next });
  }
}

/** Deletes an image. Throws PROVIDER when it is not the API that answers with a success: a sign-in page is 200 too. */
export async function deleteImage(client: LinodeClient, id: string, what: string, call: Call): Promise<void> {
  const answer = await ask(client, { method: 'DELETE', path: imagePath(id), what }, call);
  if (answer.text.trim() !== '' && !isObject(answer.json())) throw providerError(`${what}: the answer is not the API's`);
}

/** Whether an image is one of Linode's own, which everybody may read and nobody may change. */
export const isLinodes = (id: string): boolean => id.startsWith('linode/');

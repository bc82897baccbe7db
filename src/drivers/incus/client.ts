import { aboutNoImage, isNoSuchImage } from '../../core/answer-error.ts';
import { authError, notFoundError, providerError, type ImgctlError } from '../../core/errors.ts';
import type { ApiAnswer, ApiRequest, Http } from '../../core/http.ts';
import type { ImageRecord } from '../../core/image.ts';
import { isObject, textIn, type JsonObject } from '../../core/json.ts';
import type { Call } from '../../core/operation.ts';
import type { Secret } from '../../core/secret.ts';
import { addressFrom, serverHere, type Address } from './address.ts';
import { envelopeOf, errorFrom, saidError } from './errors.ts';
import { fingerprints, recordFrom } from './record.ts';
import { isTrustToken } from './is-trust-token.ts';

export interface IncusValues {
  readonly url?: string | undefined;
  readonly socket?: string | undefined;
  readonly project?: string | undefined;
  readonly token?: Secret | undefined;
  readonly clientCert?: string | undefined;
  readonly insecure?: string | undefined;
}

/** What the server says of itself and of us. */
export interface ServerInfo {
  /** Which of the two products it is; their headers bear its name. */
  readonly product: 'incus' | 'lxd';
  readonly isTrusted: boolean;
  /** Only some projects are ours to see: the lists of all others are empty. */
  readonly isRestricted: boolean;
  readonly architecture: string | undefined;
  readonly raw: JsonObject;
}

/** What a session keeps between requests. */
export interface IncusClient {
  readonly http: Http;
  /** Where every request goes; absent until the server of this machine was found, where no other is named. */
  at: Address | undefined;
  /** The project whose images are meant; absent: the server's default one. */
  readonly project: string | undefined;
  readonly token: Secret | undefined;
  /** By which the server can be had to trust our certificate, once: `profile check` does that, and nothing else. */
  readonly trustToken: Secret | undefined;
  readonly hasCertificate: boolean;
  /** Nobody looks whose certificate the server shows. */
  readonly isUnchecked: boolean;
  info: Promise<ServerInfo> | undefined;
  /** Ids of images that were sent whole in this session, and were not there before. */
  readonly sent: Set<string>;
}

/** One request to the API. `path` stands behind the version; `what` says what is being done, for messages. */
export type Ask = Pick<ApiRequest, 'method' | 'json' | 'prepare' | 'retryWhen' | 'harmless'> & {
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly what: string;
};

/** A client that has sent nothing yet. Throws CONFIG for an address that is none. */
export function connect(values: IncusValues, http: Http): IncusClient {
  const { url, socket, project, token } = values;
  const isOnce = token !== undefined && isTrustToken(token);
  return {
    http,
    at: addressFrom(url, socket),
    project: project === 'default' ? undefined : project,
    token: isOnce ? undefined : token,
    trustToken: isOnce ? token : undefined,
    hasCertificate: Boolean(values.clientCert),
    isUnchecked: values.insecure === 'true',
    info: undefined,
    sent: new Set(),
  };
}

/** Address of a path of the API, in the project of the profile. */
export function addressFor(client: IncusClient, path: string, query: Ask['query'] = {}): string {
  const all = new URLSearchParams({ ...(client.project === undefined ? {} : { project: client.project }), ...query });
  return `${placed(client).origin}/1.0${path === '' ? '' : `/${path}`}${all.size > 0 ? `?${all.toString()}` : ''}`;
}

function placed({ at }: IncusClient): Address {
  if (at === undefined) throw new Error('nothing was asked yet');
  return at;
}

/** Where a request goes besides its address. */
export function wayOf(client: IncusClient): { readonly socket?: string } {
  const { socket } = placed(client);
  return socket === undefined ? {} : { socket };
}

/** Who we are, where that is not told by the way that a request goes. */
export const signedBy = ({ token }: IncusClient): { readonly authorization: Secret | undefined } => ({
  authorization: token?.map((value) => `Bearer ${value}`),
});

/** The path of an image. Throws NOT_FOUND for what can be no id, before it is asked for: the server takes `f93%` for a pattern. */
export function imagePath(id: string): string {
  if (!fingerprints.test(id)) throw notFoundError(`image "${id}" not found`);
  return `images/${id}`;
}

/** The path of an alias; texts of any kind can be one. Throws NOT_FOUND for what a URL would take for steps to another path. */
export function aliasPath(name: string): string {
  if (/^\.{0,2}$/.test(name) || /\p{Surrogate}/u.test(name)) throw notFoundError(`image "${name}" not found`);
  return `images/aliases/${encodeURIComponent(name)}`;
}

/** The call in which is tidied up: the one before may have been stopped, so it has time and tries of its own. */
export const tidying = (call: Call): Call => ({ ...call, signal: AbortSignal.timeout(30_000), retries: { left: 1 } });

/** A good answer, and what it says. */
export interface Told {
  readonly answer: ApiAnswer;
  readonly body: JsonObject;
}

/** Sends a request. Throws what the server's refusal stands for, that inside a success too, and PROVIDER for what is no answer of the API. */
export async function ask(client: IncusClient, request: Ask, call: Call): Promise<Told> {
  client.at ??= await serverHere(client.http, call);
  const { path, query, what, ...rest } = request;
  const url = addressFor(client, path, query);
  const answer = await client.http.request({ ...rest, ...wayOf(client), headers: signedBy(client), url }, call);
  if (answer.status < 200 || answer.status > 299) throw await refused(client, answer, what, call);
  const body = envelopeOf(answer, what);
  if (body.type === 'error') throw saidError(textIn(body.error) ?? 'the server says no reason', what);
  return { answer, body };
}

/** The error for an unwelcome answer. Where a client is refused that may use other projects, they are named. */
export async function refused(client: IncusClient, answer: ApiAnswer, what: string, call: Call): Promise<ImgctlError> {
  const error = errorFrom(answer, what);
  if (error.code !== 'AUTH') return error;
  const url = `${placed(client).origin}/1.0/projects`;
  const answered = await client.http
    .request({ method: 'GET', ...wayOf(client), headers: signedBy(client), url }, call)
    .catch(() => undefined);
  const may = answered?.status === 200 ? projectNames(answered.json()) : [];
  const own = client.project ?? 'default';
  if (may.length === 0 || may.includes(own)) return error;
  return errorFrom(answer, what, {
    hint: `Set project in the profile to one that this client may use (${own} is none): ${may.join(', ')}`,
    settledBy: { field: 'project', values: may },
  });
}

/** Names in a list of projects. */
export const projectNames = (body: unknown): readonly string[] =>
  isObject(body) && Array.isArray(body.metadata)
    ? body.metadata
        .flatMap((path: unknown) => /^\/1\.0\/projects\/([^/?]+)$/.exec(String(path))?.[1] ?? [])
        .map(decodeURIComponent)
    : [];

/** Reads `path`: what stands in a good answer's `metadata`. */
export const read = async (client: IncusClient, path: string, what: string, call: Call, query?: Ask['query']): Promise<unknown> =>
  (await ask(client, { method: 'GET', path, what, ...(query ? { query } : {}) }, call)).body.metadata;

/** One image. Throws NOT_FOUND when it is not there, or not ours to see. */
export async function readImage(client: IncusClient, id: string, call: Call): Promise<ImageRecord> {
  const what = `reading ${id}`;
  return recordFrom(await read(client, imagePath(id), what, call), what, client.project ?? 'default');
}

/** Whether there is an image of this id. Throws what else keeps it from being read. */
export const imageExists = (client: IncusClient, id: string, call: Call): Promise<boolean> =>
  readImage(client, id, call).then(
    () => true,
    (error: unknown) => (isNoSuchImage(error) ? false : Promise.reject(error as Error)),
  );

/** What the server says of itself, asked once in a session. */
export const serverInfo = (client: IncusClient, call: Call): Promise<ServerInfo> =>
  (client.info ??= readInfo(client, call).catch((error: unknown) => {
    client.info = undefined;
    throw aboutNoImage(error);
  }));

async function readInfo(client: IncusClient, call: Call): Promise<ServerInfo> {
  const what = 'reading what the server is';
  const raw = await read(client, '', what, call);
  if (!isObject(raw) || textIn(raw.auth) === undefined) throw providerError(`${what}: the answer is not the API's`);
  const environment = isObject(raw.environment) ? raw.environment : {};
  const [architecture] = Array.isArray(environment.architectures) ? environment.architectures : [];
  return {
    product: environment.server === 'lxd' ? 'lxd' : 'incus',
    isTrusted: raw.auth === 'trusted',
    // Who may see all is told the settings, of which a server in the network has one at least.
    isRestricted:
      raw.auth === 'trusted' &&
      placed(client).socket === undefined &&
      Object.keys(isObject(raw.config) ? raw.config : {}).length === 0,
    architecture: textIn(architecture),
    raw,
  };
}

/**
 * What the server is, for who wants more than the public images. Throws AUTH where it does not trust us. Oddity: who is not trusted is
 * answered with a success, and those.
 */
export async function trusted(client: IncusClient, what: string, call: Call): Promise<ServerInfo> {
  const info = await serverInfo(client, call);
  if (info.isTrusted) return info;
  const message = `${what}: the server does not trust this client; without that it shows public images only`;
  if (client.trustToken)
    throw authError(message, {
      hint: 'Use the token in the profile, which makes the server trust this client once, with:',
      next: [{ verb: 'profile check' }],
    });
  throw authError(message, {
    hint: [
      'Set clientCert and clientKey in the profile to a certificate that the server trusts. On the server, trust one with:',
      'incus config trust add-certificate FILE, or with LXD: lxc config trust add FILE. List the public images with --all.',
      'Or set token to one that the server has made (incus config trust add NAME, or lxc config trust add --name NAME), and use it with:',
    ].join('\n'),
    next: [{ verb: 'profile check' }],
  });
}

import { providerError } from '../../core/errors.ts';
import type {
  Answer,
  ApiAnswer,
  ApiRequest,
  Headers,
  Http,
  ReceiveAnswer,
  ReceiveRequest,
  SendRequest,
} from '../../core/http.ts';
import type { Call } from '../../core/operation.ts';
import type { Secret } from '../../core/secret.ts';
import type { Keyring } from './keyring.ts';
import { refused } from './refusal.ts';

/** What any request is about. `scopes` are the rights that it takes (`repository:NAME:pull`). */
interface Asked {
  readonly url: URL;
  readonly scopes: readonly string[];
  readonly headers?: Headers;
  /** The URL is a signed one: whoever knows it may use it. */
  readonly secretUrl?: boolean;
}

/** A call with a small answer. `what` is what is being done, for messages. */
export interface Ask extends Asked {
  readonly what: string;
  readonly method: ApiRequest['method'];
  readonly body?: string;
  /** Statuses beside 2xx that come back as answers instead of being thrown. */
  readonly welcome?: readonly number[];
  readonly harmless?: boolean;
  readonly repeatable?: boolean;
}
export type Send = Asked & Pick<SendRequest, 'method' | 'bytes' | 'length'>;
export type Receive = Asked & Pick<ReceiveRequest, 'range'>;

export const isFine = ({ status }: Answer): boolean => status >= 200 && status < 300;
const redirects: readonly number[] = [301, 302, 303, 307, 308];

/** Speaks to one registry, signed in as far as it wants that. */
export class Wire {
  readonly origin: URL;
  readonly #http: Http;
  readonly #keys: Keyring;

  constructor(http: Http, origin: URL, keys: Keyring) {
    this.#http = http;
    this.origin = origin;
    this.#keys = keys;
  }

  /** Throws what an unwelcome answer stands for. */
  async ask({ what, scopes, welcome, ...request }: Ask, call: Call): Promise<ApiAnswer> {
    const answer = await this.#signed(request.url, scopes, call, (authorization) =>
      this.#http.request({ ...request, headers: { ...request.headers, authorization } }, call),
    );
    if (isFine(answer) || welcome?.includes(answer.status)) return answer;
    throw refused(answer, answer.text, what);
  }

  /** As `ask` with GET, through one redirect to where the bytes are kept. */
  async askBlob(ask: Omit<Ask, 'method'>, call: Call): Promise<ApiAnswer> {
    const answer = await this.ask({ ...ask, method: 'GET', welcome: [...redirects, ...(ask.welcome ?? [])] }, call);
    if (!redirects.includes(answer.status)) return answer;
    return this.ask({ ...ask, method: 'GET', url: this.resolve(answer, ask.url), secretUrl: true }, call);
  }

  /** Sends bulk bytes, once. Every status comes back, but what is sent is sent: a request before it must have signed in. */
  async send({ scopes, ...request }: Send, call: Call): Promise<ApiAnswer> {
    const authorization = await this.#authorization(request.url, scopes, call);
    return this.#http.send({ ...request, headers: { ...request.headers, authorization } }, call);
  }

  /** Receives bulk bytes, through one redirect to where they are kept. Every other status comes back. */
  async receive({ scopes, ...request }: Receive, call: Call): Promise<ReceiveAnswer> {
    const answer = await this.#signed(
      request.url,
      scopes,
      call,
      (authorization) => this.#http.receive({ ...request, headers: { ...request.headers, authorization } }, call),
      (refusal) => refusal.text(),
    );
    if (!redirects.includes(answer.status)) return answer;
    await answer.text();
    const url = this.resolve(answer, request.url);
    const authorization = await this.#authorization(url, scopes, call);
    return this.#http.receive({ ...request, url, secretUrl: true, headers: { ...request.headers, authorization } }, call);
  }

  /**
   * Where an answer to a request for `from` points. Throws PROVIDER when it points nowhere, or out of https.
   * Oddity: a registry behind a proxy that tells it too little takes https for http, and names itself so.
   */
  resolve(answer: Answer, from: URL): URL {
    const { location } = answer.headers;
    if (location === undefined || !URL.canParse(location, from.href))
      throw providerError(`${this.origin.host} answered HTTP ${answer.status} without saying where to go on`, {
        status: answer.status,
      });
    const url = new URL(location, from);
    if (url.protocol === 'http:' && this.origin.protocol === 'https:' && url.hostname === this.origin.hostname)
      return new URL(`${url.pathname}${url.search}`, this.origin);
    if (!/^https?:$/.test(url.protocol) || (from.protocol === 'https:' && url.protocol === 'http:'))
      throw providerError(`${from.host} points to ${url.protocol}//${url.host}, which is not followed from ${from.protocol}`);
    return url;
  }

  /** Credentials go to the registry alone: storage that it points to has its own, in the URL. */
  async #authorization(url: URL, scopes: readonly string[], call: Call): Promise<Secret | undefined> {
    return url.origin === this.origin.origin ? this.#keys.header(scopes, call) : undefined;
  }

  async #signed<A extends Answer>(
    url: URL,
    scopes: readonly string[],
    call: Call,
    attempt: (authorization: Secret | undefined) => Promise<A>,
    close: (answer: A) => Promise<unknown> = () => Promise.resolve(),
  ): Promise<A> {
    const tried = await this.#authorization(url, scopes, call);
    const answer = await attempt(tried);
    if (answer.status !== 401 || url.origin !== this.origin.origin) return answer;
    const other = await this.#keys.afterRefusal(answer.headers['www-authenticate'] ?? '', tried, scopes, call);
    if (!other) return answer;
    await close(answer);
    return attempt(other);
  }
}

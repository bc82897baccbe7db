import { ImgctlError, providerError, type Circumstances } from '../../core/errors.ts';
import { withoutQuery, answerCircumstances } from '../../core/answer-error.ts';
import type { ApiAnswer, ApiRequest, Headers, Http, ReceiveAnswer, ReceiveRequest, SendRequest } from '../../core/http.ts';
import type { Answer } from '../../core/answer.ts';
import type { Call } from '../../core/operation.ts';
import type { Secret } from '../../core/secret.ts';
import { renewBeforeBulk, type Authorizer } from './authorization.ts';
import { errorFrom } from './errors.ts';
import { warningsIn } from './warnings.ts';

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
  readonly welcome?: readonly number[] | 'any';
  /** Redirects come back as answers too. */
  readonly stays?: boolean;
  readonly harmless?: boolean;
  readonly repeatable?: boolean;
}
export type Send = Asked & Pick<SendRequest, 'method' | 'bytes' | 'length'>;
export type Receive = Asked & Pick<ReceiveRequest, 'range' | 'into'>;

export const isFine = ({ status }: Answer): boolean => status >= 200 && status < 300;
export const redirects: readonly number[] = [301, 302, 303, 307, 308];
/** A registry may redirect any request, and what it redirects to may do so too. */
const mostHops = 5;

/** Warnings by run, which may have several profiles at one registry. */
const heard = new WeakMap<AbortSignal, Set<string>>();

/** One try of a request: where, and with what. */
interface Try {
  readonly url: URL;
  readonly authorization: Secret | undefined;
  readonly secretUrl?: boolean;
}

/** Speaks to one registry, signed in as far as it wants that. */
export class Transport {
  readonly origin: URL;
  readonly #http: Http;
  readonly #keys: Authorizer;
  readonly #warned = new Set<string>();

  constructor(http: Http, origin: URL, keys: Authorizer) {
    this.#http = http;
    this.origin = origin;
    this.#keys = keys;
  }

  /** Throws what an unwelcome answer stands for. GET and HEAD go where the registry sends them; writes do not, and say where. */
  async ask(
    { what, scopes, welcome = [], stays = false, url: first, secretUrl, ...request }: Ask,
    call: Call,
  ): Promise<ApiAnswer> {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const { answer, url } = await this.#followed(
      { url: first, scopes, ...(secretUrl === undefined ? {} : { secretUrl }) },
      call,
      ({ authorization, ...at }) =>
        this.#http.request({ ...request, ...at, headers: { ...request.headers, authorization } }, call),
      ({ status }) => isRead && !stays && redirects.includes(status),
    );
    if (isFine(answer) || welcome === 'any' || welcome.includes(answer.status)) return answer;
    throw errorFrom(answer, answer.text, what, {
      write: !isRead,
      ...this.blame(answer),
      ...this.#movedHint(answer, first, this.#target(answer, url)),
    });
  }

  /** Whom a refusal is to be blamed on: credentials that were taken are not at fault. */
  blame({ status }: Answer): Circumstances {
    return status === 401 && this.#keys.wereTaken ? { accepted: true } : {};
  }

  /**
   * Sends bulk bytes, once. Every status comes back, but what is sent is sent: a request before it must have signed in. A token
   * that is refused is renewed for whoever tries again.
   */
  async send({ scopes, ...request }: Send, call: Call): Promise<ApiAnswer> {
    const authorization = await this.#authorization(request.url, scopes, call, renewBeforeBulk);
    const answer = await this.#http.send({ ...request, headers: { ...request.headers, authorization } }, call);
    this.#hear(answer, call);
    if (answer.status === 401 && request.url.origin === this.origin.origin)
      // Where that fails, whoever tries again is told.
      await this.#keys.afterRefusal(answer.headers['www-authenticate'] ?? '', authorization, scopes, call).catch(() => undefined);
    return answer;
  }

  /** Receives bulk bytes from where the registry keeps them. Every other status comes back. */
  async receive({ scopes, url, secretUrl, ...request }: Receive, call: Call): Promise<ReceiveAnswer> {
    const { answer } = await this.#followed(
      { url, scopes, ...(secretUrl === undefined ? {} : { secretUrl }) },
      call,
      ({ authorization, ...at }) =>
        this.#http.receive({ ...request, ...at, headers: { ...request.headers, authorization } }, call),
      ({ status }) => redirects.includes(status),
      (unread) => unread.text(),
    );
    return answer;
  }

  /**
   * Where an answer to a request for `from` points. Throws PROVIDER when it points nowhere, or out of https.
   * Oddity: a registry behind a proxy that tells it too little takes https for http, and names itself so.
   */
  resolve(answer: Answer, from: URL): URL {
    const { location } = answer.headers;
    if (location === undefined || !URL.canParse(location, from.href))
      throw providerError(`${this.origin.host}: HTTP ${answer.status} without a usable Location`, {
        ...answerCircumstances(answer),
      });
    const url = new URL(location, from);
    if (url.protocol === 'http:' && this.origin.protocol === 'https:' && url.hostname === this.origin.hostname)
      return new URL(`${url.pathname}${url.search}`, this.origin);
    if (!/^https?:$/.test(url.protocol) || (from.protocol === 'https:' && url.protocol === 'http:'))
      throw providerError(`${from.host}: refusing to follow a redirect from ${from.protocol} to ${url.protocol}//${url.host}`);
    return url;
  }

  /** The answer at the end of the redirects that are to be followed, and where it came from. Throws PROVIDER where they do not end. */
  async #followed<A extends Answer>(
    { url: first, scopes, secretUrl }: Asked,
    call: Call,
    attempt: (at: Try) => Promise<A>,
    leadsOn: (answer: A) => boolean,
    close: (answer: A) => Promise<unknown> = () => Promise.resolve(),
  ): Promise<{ readonly answer: A; readonly url: URL }> {
    const seen = new Set<string>();
    for (let url = first; ;) {
      const at = { url, ...(secretUrl === true || seen.size > 0 ? { secretUrl: true } : {}) };
      seen.add(url.href);
      const answer = await this.#signed(url, scopes, call, (authorization) => attempt({ ...at, authorization }), close).catch(
        (error: unknown) => Promise.reject(this.#moved(error, first, url)),
      );
      this.#hear(answer, call);
      if (!leadsOn(answer)) return { answer, url };
      await close(answer);
      const next = this.resolve(answer, url);
      if (seen.has(next.href) || seen.size > mostHops)
        throw providerError(`${first.host}: too many redirects, the last one to ${withoutQuery(next.href)}`, {
          ...answerCircumstances(answer),
        });
      url = next;
    }
  }

  /** Where an answer leads that is not followed; `url` where it leads nowhere. */
  #target({ status, headers: { location } }: Answer, url: URL): URL {
    return redirects.includes(status) && location !== undefined && URL.canParse(location, url.href)
      ? new URL(location, url)
      : url;
  }

  /** What to do where the registry itself has moved: the same path is asked for somewhere else. */
  #movedHint({ status }: Pick<Answer, 'status'>, from: URL, to: URL): Circumstances {
    if (to.origin === from.origin || to.pathname !== from.pathname) return {};
    const fields = to.hostname === from.hostname && to.protocol === 'https:' ? ['plainHttp=false'] : [];
    const credentials = status === 401 || status === 403 ? '; credentials are not sent there' : '';
    return {
      hint: `Set the address in the profile that ${from.origin} redirects to${credentials}:`,
      next: [{ verb: 'profile set', args: [...fields, `registry=${to.host}`] }],
    };
  }

  #moved(error: unknown, from: URL, to: URL): unknown {
    return error instanceof ImgctlError && error.code !== 'ABORTED'
      ? error.with(this.#movedHint({ status: 0 }, from, to))
      : error;
  }

  /** Each warning of the registry is passed on once (distribution-spec 1.1, "Warnings"). */
  #hear(answer: Answer, call: Call): void {
    for (const words of warningsIn(answer)) {
      const told = heard.get(call.signal) ?? new Set();
      const isTold = this.#warned.has(words) || told.has(words);
      heard.set(call.signal, told.add(words));
      this.#warned.add(words);
      if (isTold) continue;
      call.note({ kind: 'warning', message: `${this.origin.host}: "${words}"` });
    }
  }

  /** Credentials go to the registry alone: storage that it points to has its own, in the URL. */
  async #authorization(url: URL, scopes: readonly string[], call: Call, share?: number): Promise<Secret | undefined> {
    return url.origin === this.origin.origin ? this.#keys.header(scopes, call, share) : undefined;
  }

  async #signed<A extends Answer>(
    url: URL,
    scopes: readonly string[],
    call: Call,
    attempt: (authorization: Secret | undefined) => Promise<A>,
    close: (answer: A) => Promise<unknown>,
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

import { configError, providerError, type ImgctlError } from '../../core/errors.ts';
import { answerCircumstances } from '../../core/answer-error.ts';
import type { ApiAnswer, ApiRequest, Headers, Http, ReceiveAnswer, ReceiveRequest, SendRequest } from '../../core/http.ts';
import type { Answer } from '../../core/answer.ts';
import { isObject, objectIn, type JsonObject } from '../../core/json.ts';
import type { Call } from '../../core/operation.ts';
import { authUrlOf, imageEndpointOf, interfaceOf } from './endpoints.ts';
import { chosenEndpoint, versioned, type Wanted } from './service-catalog.ts';
import { credentialsOf, type Credentials } from './credentials.ts';
import type { ProfileValues } from './fields.ts';
import { requireProject, type ProjectChoice } from './project-check.ts';
import { signIn, type SignedIn } from './sign-in.ts';
import { errorFrom, readError } from './errors.ts';

/** Where we are signed in and which Glance is spoken to. `base` ends in `/v2`. */
export interface Site {
  readonly signedIn: SignedIn;
  readonly base: string;
  readonly region?: string;
}

/** One call to Glance. `what` is what is being done, for messages. */
export interface Ask {
  readonly what: string;
  readonly method: ApiRequest['method'];
  /** Address of another service (`other-services.ts`) that is asked instead of Glance. */
  readonly base?: string;
  /** Behind `/v2`, or behind `base`, made of segments (`path-segment.ts`). */
  readonly path: string;
  readonly query?: URLSearchParams;
  readonly json?: unknown;
  readonly prepare?: ApiRequest['prepare'];
  readonly body?: string;
  readonly headers?: Headers;
  /** Statuses beside 2xx that come back as answers instead of being thrown, where Glance itself says so. */
  readonly welcome?: readonly number[];
  /** The one status by which Glance says that it is done, where its answer says nothing else: a sign-in page is 200 too. */
  readonly done?: number;
}

/** Throws PROVIDER when a success is another one than Glance's: somebody else answered, and nothing was done. */
function expectDone(answer: ApiAnswer, done: number | undefined, what: string): void {
  if (done === undefined || answer.status === done) return;
  throw providerError(`${what}: ${answer.url} answered HTTP ${answer.status}, where Glance answers ${done}`, {
    ...answerCircumstances(answer),
    hint: 'Check that this is the URL of the image API, and not of a sign-in page or a proxy.',
  });
}

/** Speaks with Keystone and Glance for one profile. Signs in at the first call, once for all that ask at the same time. */
export class OpenstackClient {
  readonly #http: Http;
  readonly #credentials: Credentials;
  readonly #authUrl: string | undefined;
  readonly #imageEndpoint: string | undefined;
  readonly #wanted: Wanted;
  readonly #meant: ProjectChoice;
  /** Which addresses of the catalogue are used. */
  readonly interface: string;
  #site: Promise<Site> | undefined;
  /** Images that were seen at work while their outcome was awaited. */
  readonly atWork = new Set<string>();

  /** Throws CONFIG when the values do not fit together. No request is made. */
  constructor(http: Http, values: ProfileValues) {
    this.#http = http;
    this.#credentials = credentialsOf(values);
    this.#authUrl = authUrlOf(values, this.#credentials);
    this.#imageEndpoint = imageEndpointOf(values);
    this.#meant = values;
    this.interface = interfaceOf(values);
    this.#wanted = {
      region: values.region,
      interface: this.interface,
      type: values.serviceType,
      name: values.serviceName,
    };
  }

  /** Signs in if that has not been done. Throws AUTH or CONFIG. */
  site(call: Call): Promise<Site> {
    if (this.#site) return this.#site;
    const opening = this.#open(call);
    this.#site = opening;
    // A failed sign-in is not kept: the next verb may try again.
    opening.catch(() => {
      if (this.#site === opening) this.#site = undefined;
    });
    return opening;
  }

  /** Keystone and project: regions of one realm may fetch from each other. Absent where either is not known. */
  async realm(call: Call): Promise<{ readonly realm: string; readonly region: string } | undefined> {
    const { signedIn, region } = await this.site(call);
    if (this.#authUrl === undefined || signedIn.project === undefined || region === undefined) return undefined;
    return { realm: `${this.#authUrl} ${signedIn.project.id}`, region };
  }

  /** Asks Glance. Throws what an unwelcome answer stands for. A 401 is answered with one new sign-in. */
  async ask(ask: Ask, call: Call): Promise<ApiAnswer> {
    const answer = await this.#withToken(call, (site) =>
      this.#http.request(
        {
          method: ask.method,
          url: `${ask.base ?? site.base}${ask.path}${ask.query ? `?${ask.query.toString()}` : ''}`,
          headers: { ...this.#headers(site), ...ask.headers },
          ...(ask.json === undefined ? {} : { json: ask.json }),
          ...(ask.prepare ? { prepare: ask.prepare } : {}),
          ...(ask.body === undefined ? {} : { body: ask.body }),
        },
        call,
      ),
    );
    if (ask.welcome?.includes(answer.status) && readError(answer, answer.text).isOwn) return answer;
    if (answer.status < 200 || answer.status >= 300) throw this.errorFrom(answer, answer.text, ask.what);
    expectDone(answer, ask.done, ask.what);
    return answer;
  }

  /** What Keystone tells us, read with our token; absent where it does not, or is not asked. `path` stands behind `/v3`. */
  async askKeystone(path: string, call: Call): Promise<unknown> {
    const authUrl = this.#authUrl;
    if (authUrl === undefined) return undefined;
    const answer = await this.#withToken(call, (site) =>
      this.#http.request({ method: 'GET', url: `${authUrl}${path}`, headers: this.#headers(site) }, call),
    );
    if (answer.status === 401 || answer.status === 403 || answer.status === 404) return undefined;
    if (answer.status !== 200) throw errorFrom(answer, answer.text, `asking Keystone for ${path}`);
    return answer.json();
  }

  /** Asks Glance for an object. Throws PROVIDER when the answer is something else. */
  async askObject(ask: Ask, call: Call): Promise<JsonObject> {
    const answer = await this.ask(ask, call);
    const body = answer.json();
    if (isObject(body)) return body;
    throw providerError(`${ask.what}: the answer of ${answer.url} is not an object`, { ...answerCircumstances(answer) });
  }

  /**
   * Sends bulk bytes. `again` gives the bytes anew after a 401; absent: they can be sent only once. A token that is about
   * to end is renewed first: Glance looks at it only when the request begins.
   */
  async send(
    request: Omit<SendRequest, 'url'> & {
      readonly what: string;
      readonly path: string;
      readonly again?: () => SendRequest['bytes'];
    },
    call: Call,
  ): Promise<void> {
    const { what, path, again, ...rest } = request;
    const site = await this.#fresh(call);
    const send = (at: Site, bytes: SendRequest['bytes']) =>
      this.#http.send({ ...rest, bytes, url: `${at.base}${path}`, headers: { ...this.#headers(at), ...rest.headers } }, call);
    let answer = await send(site, rest.bytes);
    if (answer.status === 401 && again && this.#authUrl !== undefined)
      answer = await send(await this.#renewed(site, call), again());
    if (answer.status < 200 || answer.status >= 300) throw this.errorFrom(answer, answer.text, what);
    expectDone(answer, 204, what);
  }

  /** Receives bulk bytes. Every status comes back. */
  async receive(path: string, range: ReceiveRequest['range'], call: Call): Promise<ReceiveAnswer & { readonly url: string }> {
    await this.#fresh(call);
    return await this.#withToken(call, async (site) => {
      const url = `${site.base}${path}`;
      const answer = await this.#http.receive({ url, headers: this.#headers(site), ...(range ? { range } : {}) }, call);
      return { ...answer, url, text: () => answer.text() };
    });
  }

  /** The error behind an unwelcome answer. Where the sign-in worked and Glance refuses all the same, it says so. */
  errorFrom(answer: Answer & { readonly url: string }, body: string, what: string): ImgctlError {
    if (answer.status !== 401 || this.#authUrl === undefined) return errorFrom(answer, body, what);
    const hint =
      this.#credentials.kind === 'sign-in' && 'application_credential' in objectIn(objectIn(this.#credentials.auth).identity)
        ? 'Check the access rules of the application credential: they may not allow this request.'
        : 'Check that this image service accepts tokens of this Keystone.';
    return errorFrom(answer, body, `signed in, but not allowed: ${what}`, { hint, accepted: true });
  }

  /** Oddity: Glance answers errors as JSON only when exactly this and nothing else is accepted. */
  #headers(site: Site): Headers {
    const { token } = site.signedIn;
    return { accept: 'application/json', ...(token === undefined ? {} : { 'x-auth-token': token }) };
  }

  async #withToken<A extends { readonly status: number }>(call: Call, attempt: (site: Site) => Promise<A>): Promise<A> {
    const site = await this.site(call);
    const answer = await attempt(site);
    return answer.status === 401 && this.#authUrl !== undefined ? attempt(await this.#renewed(site, call)) : answer;
  }

  /** A site with a new token; when another verb has renewed it already, that one. */
  async #renewed(old: Site, call: Call): Promise<Site> {
    const now = await this.site(call);
    if (now !== old) return now;
    this.#site = undefined;
    return this.site(call);
  }

  async #fresh(call: Call): Promise<Site> {
    const site = await this.site(call);
    const { staleAt } = site.signedIn;
    return staleAt !== undefined && Date.now() >= staleAt && this.#credentials.kind !== 'token'
      ? this.#renewed(site, call)
      : site;
  }

  async #open(call: Call): Promise<Site> {
    const signedIn = await this.#signedIn(call);
    requireProject(signedIn, this.#meant);
    if (this.#imageEndpoint !== undefined) {
      const { region } = this.#wanted;
      return { signedIn, base: versioned(this.#imageEndpoint), ...(region === undefined ? {} : { region }) };
    }
    const endpoint = chosenEndpoint(signedIn.endpoints, this.#wanted);
    this.checkAddress(endpoint.url, 'images', 'imageEndpoint');
    return { signedIn, base: versioned(endpoint.url), region: endpoint.region };
  }

  /**
   * Throws CONFIG where what the catalogue gives is no address, or, over https, one to which the token would go over http. `field` of a
   * profile can name another.
   */
  checkAddress(url: string, whose: string, field?: string): void {
    if (!URL.canParse(url) || !/^https?:/i.test(url))
      throw configError(
        `the catalogue gives ${url} for ${whose}, which is not an http or https URL`,
        field ? { hint: `Set ${field} to the URL of Glance.` } : {},
      );
    if (!/^https:/i.test(this.#authUrl ?? '') || !/^http:/i.test(url)) return;
    throw configError(
      `refusing to send the token unencrypted to ${url} (from the catalogue)`,
      field ? { hint: `Set ${field} to the https URL of Glance, or to ${url} if you trust the network in between.` } : {},
    );
  }

  async #signedIn(call: Call): Promise<SignedIn> {
    const credentials = this.#credentials;
    const { projectId } = this.#meant;
    const project = projectId ? { project: { id: projectId, name: this.#meant.project ?? projectId } } : {};
    if (credentials.kind === 'none') return { endpoints: [], roles: [], ...project };
    if (this.#authUrl !== undefined) return signIn(this.#http, this.#authUrl, credentials, call);
    if (credentials.kind === 'token') return { token: credentials.token, endpoints: [], roles: [], ...project };
    throw configError('authUrl is required');
  }
}

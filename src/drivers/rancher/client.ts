import { aboutNoImage } from '../../core/answer-error.ts';
import type { ApiAnswer, ApiRequest, Http } from '../../core/http.ts';
import type { Call } from '../../core/operation.ts';
import type { Secret } from '../../core/secret.ts';
import { followed, projectIds, schemasUrl, type Address } from './address.ts';
import { errorFrom } from './errors.ts';
import { projectNamed } from './project.ts';
import { imageSchema, type ImageSchema } from './schema.ts';

/** What is asked of the server at `url`, which may be one of its own links. */
export interface Question extends Pick<ApiRequest, 'method' | 'json' | 'repeatable' | 'retryOn'> {
  readonly url: string;
}

/** One server, one key: requests with the key on them, and what the server says that the key may do. */
export class RancherClient {
  readonly address: Address;
  readonly #http: Http;
  readonly #authorization: Secret | undefined;
  #schema: Promise<ImageSchema> | undefined;

  constructor(http: Http, address: Address, authorization: Secret | undefined) {
    this.#http = http;
    this.address = address;
    this.#authorization = authorization;
  }

  /** Asks, and gives whatever answer comes. Throws PROVIDER before asking when `url` leads to another origin. */
  ask(question: Question, call: Call): Promise<ApiAnswer> {
    const headers = { accept: 'application/json', authorization: this.#authorization };
    return this.#http.request({ ...question, url: followed(question.url, this.address), headers }, call);
  }

  /** Asks for what is no image, and throws unless the answer is a success; `what` says what is being done. */
  async insist(question: Question, what: string, call: Call): Promise<ApiAnswer> {
    const answer = await this.ask(question, call);
    if (answer.status < 200 || answer.status > 299) throw aboutNoImage(this.failure(answer, what));
    return answer;
  }

  failure(answer: ApiAnswer, what: string): Error {
    return errorFrom(answer, what, this.address);
  }

  /** What this key may do with images. Read once; a failure is not kept. */
  schema(call: Call): Promise<ImageSchema> {
    this.#schema ??= this.#readSchema(call).catch((error: unknown) => {
      this.#schema = undefined;
      throw error;
    });
    return this.#schema;
  }

  async #readSchema(call: Call): Promise<ImageSchema> {
    const { project } = this.address;
    const id = project === undefined || projectIds.test(project) ? project : await projectNamed(this, project, call);
    const url = schemasUrl(this.address, id);
    return imageSchema(await this.insist({ method: 'GET', url }, `reading the schemas at ${url}`, call));
  }
}

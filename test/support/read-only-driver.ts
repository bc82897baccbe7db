import { defineDriver, type Driver } from '../../src/core/driver.ts';
import { providerError } from '../../src/core/errors.ts';
import { answerError, type ErrorText } from '../../src/core/answer-error.ts';
import type { ApiAnswer, Http } from '../../src/core/http.ts';
import { given, type ImageRecord } from '../../src/core/image.ts';
import type { Call } from '../../src/core/operation.ts';
import { operationNames } from '../../src/core/operation-names.ts';
import type { Secret } from '../../src/core/secret.ts';
import type { Cloud, Seed } from '../conformance/cloud.ts';
import { startFakeServer, type FakeAnswer } from './fake-server.ts';

const pageLength = 10;

interface Client {
  readonly http: Http;
  readonly url: string;
  readonly token: Secret;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

async function get(client: Client, path: string, what: string, call: Call): Promise<Record<string, unknown>> {
  const url = new URL(path, client.url);
  const answer = await client.http.request({ method: 'GET', url, headers: { 'x-token': client.token } }, call);
  if (answer.status !== 200) throw answerError(answer, what, saidIn(answer), { provider: 'readonly' });
  const body = answer.json();
  if (!isObject(body)) throw providerError(`${what}: the answer is no JSON object`, { provider: 'readonly' });
  return body;
}

function saidIn(answer: ApiAnswer): ErrorText {
  const body = answer.text.startsWith('{') ? answer.json() : undefined;
  const words = isObject(body) && typeof body.error === 'string' ? body.error : '';
  return { words, isOwn: words !== '' };
}

function recordOf(raw: unknown): ImageRecord {
  if (!isObject(raw) || typeof raw.id !== 'string' || typeof raw.name !== 'string')
    throw providerError('the answer holds no image record', { provider: 'readonly' });
  const active = raw.state === 'active';
  return {
    id: raw.id,
    name: raw.name,
    status: active ? 'active' : 'queued',
    providerStatus: String(raw.state),
    tags: [],
    properties: {},
    places: [],
    raw,
    ...given<ImageRecord>({ createdAt: typeof raw.created === 'string' ? raw.created : undefined }),
  };
}

const reason = 'This catalogue can only be read.';
const refused = operationNames.filter((name) => name !== 'list' && name !== 'show');

/** The smallest driver there can be: list and show. It refuses all else, and shows what a driver must have. */
export const readOnlyDriver: Driver = defineDriver({
  name: 'readonly',
  title: 'A catalogue that can only be read',
  docs: 'https://readonly.invalid/',
  profile: {
    url: { help: 'Address of the catalogue', required: true },
    token: { help: 'Access token', required: true, secret: true },
  },
  example: '--set url=https://HOST --set token=env:TOKEN',
  ids: /^ro-\d+$/,
  connect: ({ url, token }, { http }): Client => ({ http, url, token }),
  operations: {
    list: {
      filters: [],
      async *run(client, _request, call) {
        let path: string | undefined = '/images';
        while (path !== undefined) {
          const page: Record<string, unknown> = await get(client, path, 'listing images', call);
          if (!Array.isArray(page.images)) throw providerError('listing images: the answer has no list of images');
          for (const raw of page.images) yield recordOf(raw);
          path = typeof page.next === 'string' ? page.next : undefined;
        }
      },
    },
    show: {
      run: async (client, { id }, call) =>
        recordOf(await get(client, `/images/${encodeURIComponent(id)}`, `showing image ${id.slice(0, 100)}`, call)),
    },
  },
  absent: Object.fromEntries(refused.map((verb) => [verb, reason])),
});

/** A catalogue over a real socket, ten images a page. It keeps no tags, properties or data. */
export const readOnlyCloud: Cloud = {
  wire: true,
  async start() {
    const token = 'the-token-of-the-catalogue';
    const images: { id: string; name: string; state: string; created: string }[] = [];
    const answerTo = (path: string, search: URLSearchParams): FakeAnswer => {
      if (path === '/images') {
        const from = Number(search.get('from') ?? 0);
        const next = from + pageLength < images.length ? `/images?from=${from + pageLength}` : undefined;
        return { status: 200, body: { images: images.slice(from, from + pageLength), next } };
      }
      const found = images.find((image) => path === `/images/${image.id}`);
      return found ? { status: 200, body: found } : { status: 404, body: { error: 'No such image' } };
    };
    const server = await startFakeServer(({ method, url, headers }) => {
      if (headers['x-token'] !== token) return { status: 401, body: { error: 'Who are you?' } };
      return method === 'GET' ? answerTo(url.pathname, url.searchParams) : undefined;
    });
    return {
      values: { url: server.origin, token },
      async seed(seeds: readonly Seed[]) {
        return seeds.map(({ name, status }) => {
          const image = { id: `ro-${images.length + 1}`, name, state: status ?? 'active', created: '2026-01-02T03:04:05Z' };
          images.push(image);
          return image.id;
        });
      },
      requests: server.requests,
      forget: server.forget,
      fail: server.fail,
      stop: server.stop,
    };
  },
};

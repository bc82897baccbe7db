import type { RunningCloud, Seed } from '../../conformance/cloud.ts';
import { startFakeServer, type FakeAnswer, type FakeRequest } from '../../support/fake-server.ts';

/** Images of one page of a list. */
const pageLength = 25;
const token = 'acme-token-of-the-tests';
const states = { active: 'available', inactive: 'disabled', queued: 'waiting', removed: 'deleting' } as const;

type Wire = Readonly<Record<string, unknown>>;

/** The provider's error as JSON. */
export const acmeErrorBody = (words: string): string => JSON.stringify({ error: { message: words } });

const refusal = (status: number, words: string): FakeAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: acmeErrorBody(words),
});

/** The fake with what tests may look at behind the driver's back. */
export interface RunningAcme extends RunningCloud {
  readonly origin: string;
  readonly images: ReadonlyMap<string, Wire>;
}

/** A fake of Acme, written from its documentation: it has state, and refuses what the real one refuses. */
export async function startAcme(): Promise<RunningAcme> {
  const images = new Map<string, Wire>();

  function page(after: string | null): FakeAnswer {
    const first = after === null ? 0 : Number(after);
    if (!Number.isSafeInteger(first)) return refusal(400, 'page_token is not one of ours');
    const rows = [...images.values()].slice(first, first + pageLength);
    const next = first + pageLength < images.size ? { next_page_token: String(first + pageLength) } : {};
    return { status: 200, body: { images: rows, ...next } };
  }

  function answer({ method, url, headers }: FakeRequest): FakeAnswer | undefined {
    if (headers.authorization !== `Bearer ${token}`) return refusal(401, 'the token is not valid');
    const [, version, kind, id, ...rest] = url.pathname.split('/');
    if (method !== 'GET' || version !== 'v1' || rest.length > 0) return undefined;
    if (kind === 'account' && id === undefined) return { status: 200, body: { name: 'someone' } };
    if (kind !== 'images') return undefined;
    if (id === undefined) return page(url.searchParams.get('page_token'));
    const image = images.get(decodeURIComponent(id));
    return image ? { status: 200, body: image } : refusal(404, 'no such image');
  }

  function put({ name, status = 'active', description, data }: Seed): string {
    const id = `img-${(images.size + 1).toString(16).padStart(6, '0')}`;
    const size = status === 'queued' ? {} : { size_bytes: data?.length ?? 512 };
    images.set(id, {
      id,
      name,
      description: description ?? null,
      state: states[status],
      created_at: '2026-01-02T03:04:05Z',
      ...size,
    });
    return id;
  }

  const server = await startFakeServer(answer);
  return {
    origin: server.origin,
    images,
    values: { endpoint: server.origin, token },
    seed: async (seeds) => seeds.map(put),
    requests: () => server.requests(),
    forget: () => server.forget(),
    fail: (fault) => server.fail(fault),
    stop: () => server.stop(),
  };
}

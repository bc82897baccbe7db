import { createHash } from 'node:crypto';
import type { RunningCloud, Seed } from '../../conformance/cloud.ts';
import { startFakeServer, type FakeAnswer, type FakeRequest } from '../../support/fake-server.ts';

type Json = Record<string, unknown>;

/** What a file server says of what is not there. */
export const errorPage = (words: string): string => `<html><body><h1>${words}</h1></body></html>`;
export const notFoundPage = errorPage('Not Found');
const page = (status: number, body: string): FakeAnswer => ({ status, headers: { 'content-type': 'text/html' }, body });

/** One published disk. */
interface Published {
  readonly id: string;
  readonly name: string;
  readonly disk: Json;
  readonly data: Buffer;
}

/** The fake with what tests may look at. */
export interface RunningStream extends RunningCloud {
  readonly origin: string;
  readonly images: ReadonlyMap<string, Published>;
}

const account = { username: 'someone', password: 'password-of-the-tests' };
const basic = `Basic ${Buffer.from(`${account.username}:${account.password}`).toString('base64')}`;
const release = '44.20260102.3.0';
const hex = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

/** The server of a stream, and nothing that can be changed: each image is a platform of its own. */
export async function startCoreosStream({ tags = true }: { readonly tags?: boolean } = {}): Promise<RunningStream> {
  const images = new Map<string, Published>();
  const files = new Map<string, Buffer>();
  const artifacts: Json = {
    metal: { release, formats: { pxe: { kernel: { location: 'https://elsewhere.invalid/kernel', sha256: '0'.repeat(64) } } } },
  };
  const stream = (): Json => ({
    stream: 'stable',
    metadata: { 'last-modified': '2026-01-02T03:04:05Z' },
    architectures: { x86_64: { artifacts, images: { aws: { regions: {} } } } },
  });

  const fileAt = (path: string): Buffer | undefined =>
    path === '/images/stable.json' ? Buffer.from(JSON.stringify(stream())) : files.get(path);

  function answer({ method, url, headers }: FakeRequest): FakeAnswer | undefined {
    if (headers.authorization !== basic) return page(401, errorPage('Authorization Required'));
    if (method !== 'GET' && method !== 'HEAD') return page(405, errorPage('Method Not Allowed'));
    const data = fileAt(decodeURIComponent(url.pathname));
    if (!data) return page(404, notFoundPage);
    const etag = tags ? { etag: `"${hex(data).slice(0, 16)}"` } : {};
    if (etag.etag !== undefined && headers['if-none-match'] === etag.etag) return { status: 304, headers: etag };
    const range = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '');
    const type = url.pathname.endsWith('.json') ? 'application/json' : 'application/octet-stream';
    if (!range) return { status: 200, headers: { 'content-type': type, ...etag }, body: data };
    const from = Number(range[1]);
    if (from >= data.length) return { status: 416, headers: { 'content-range': `bytes */${data.length}` } };
    const to = range[2] === '' ? data.length - 1 : Math.min(Number(range[2]), data.length - 1);
    const part = { ...etag, 'content-range': `bytes ${from}-${to}/${data.length}` };
    return { status: 206, headers: part, body: data.subarray(from, to + 1) };
  }

  function put(origin: string, { name, data }: Seed): string {
    const platform = `platform${images.size + 1}`;
    const bytes = Buffer.from(data ?? Buffer.alloc(512, 1));
    const disk = { location: `${origin}/builds/${encodeURIComponent(name)}.img`, sha256: hex(bytes) };
    artifacts[platform] = { release, formats: { img: { disk }, 'tar.gz': { disk } } };
    files.set(`/builds/${name}.img`, bytes);
    const id = `stable/x86_64/${release}/${platform}.img`;
    images.set(id, { id, name, disk, data: bytes });
    return id;
  }

  const server = await startFakeServer(answer);
  return {
    origin: server.origin,
    images,
    values: { url: `${server.origin}/images/stable.json`, mirror: `${server.origin}/`, ...account },
    seed: async (seeds) => seeds.map((seed) => put(server.origin, seed)),
    stored: (id) => images.get(id)?.disk ?? {},
    requests: () => server.requests(),
    forget: () => server.forget(),
    fail: (fault) => server.fail(fault),
    stop: () => server.stop(),
  };
}

import { createHash } from 'node:crypto';
import type { RunningCloud, Seed } from '../../conformance/cloud.ts';
import { startFakeServer, type FakeAnswer, type FakeRequest } from '../../support/fake-server.ts';

/** What a file server says of what is not there. */
export const errorPage = (words: string): string => `<html><body><h1>${words}</h1></body></html>`;
export const notFoundPage = errorPage('Not Found');
const page = (status: number, body: string): FakeAnswer => ({ status, headers: { 'content-type': 'text/html' }, body });

/** One published file. */
interface Published {
  readonly id: string;
  readonly name: string;
  readonly data: Buffer;
}

/** The fake with what tests may look at. */
export interface RunningFolder extends RunningCloud {
  readonly origin: string;
  readonly images: ReadonlyMap<string, Published>;
}

const account = { username: 'someone', password: 'password-of-the-tests' };
const basic = `Basic ${Buffer.from(`${account.username}:${account.password}`).toString('base64')}`;
const hash = (algorithm: string, data: Buffer): Buffer => createHash(algorithm).update(data).digest();
const hex = (data: Buffer): string => hash('sha256', data).toString('hex');

/**
 * A folder of published images, and nothing that can be changed: what is in it is told by `SHA256SUMS`, and by `images.json` as Debian has it.
 * `sums`: which of the two the profile names.
 */
export async function startChecksums({
  sums = 'SHA256SUMS',
  tags = true,
}: { readonly sums?: 'SHA256SUMS' | 'images.json'; readonly tags?: boolean } = {}): Promise<RunningFolder> {
  const images = new Map<string, Published>();
  const files = new Map<string, Buffer>();

  const lines = (): string =>
    ['# made for tests', ...[...files].map(([name, data]) => `# ${name}: ${data.length} bytes\n${hex(data)}  ${name}`)].join(
      '\n',
    );
  const items = (): string =>
    JSON.stringify({
      kind: 'List',
      items: [...files].map(([ref, data]) => ({
        kind: 'Upload',
        data: { ref },
        metadata: {
          annotations: { 'cloud.debian.org/digest': `sha512:${hash('sha512', data).toString('base64').replace(/=+$/, '')}` },
        },
      })),
    });

  function fileAt(path: string): Buffer | undefined {
    if (path === '/images/SHA256SUMS') return Buffer.from(lines());
    if (path === '/images/images.json') return Buffer.from(items());
    return path.startsWith('/images/') ? files.get(path.slice('/images/'.length)) : undefined;
  }

  function answer({ method, url, headers }: FakeRequest): FakeAnswer | undefined {
    if (headers.authorization !== basic) return page(401, errorPage('Authorization Required'));
    if (method !== 'GET' && method !== 'HEAD') return page(405, errorPage('Method Not Allowed'));
    const data = fileAt(decodeURIComponent(url.pathname));
    if (!data) return page(404, notFoundPage);
    const etag = tags ? { etag: `"${hex(data).slice(0, 16)}"` } : {};
    if (etag.etag !== undefined && headers['if-none-match'] === etag.etag) return { status: 304, headers: etag };
    const range = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '');
    if (!range) return { status: 200, headers: etag, body: data };
    const from = Number(range[1]);
    if (from >= data.length) return { status: 416, headers: { 'content-range': `bytes */${data.length}` } };
    const to = range[2] === '' ? data.length - 1 : Math.min(Number(range[2]), data.length - 1);
    const part = { ...etag, 'content-range': `bytes ${from}-${to}/${data.length}` };
    return { status: 206, headers: part, body: data.subarray(from, to + 1) };
  }

  function put({ name, data }: Seed): string {
    const disk = Buffer.from(data ?? Buffer.alloc(512, 1));
    files.set(`${name}.img`, disk);
    const digest = sums === 'SHA256SUMS' ? hex(disk) : hash('sha512', disk).toString('hex');
    const id = `${digest.slice(0, 12)}/${name}.img`;
    images.set(id, { id, name, data: disk });
    return id;
  }

  const server = await startFakeServer(answer);
  return {
    origin: server.origin,
    images,
    values: { url: `${server.origin}/images/`, sums, ...account },
    seed: async (seeds) => seeds.map(put),
    stored: (id) => ({ ...images.get(id) }),
    requests: () => server.requests(),
    forget: () => server.forget(),
    fail: (fault) => server.fail(fault),
    stop: () => server.stop(),
  };
}

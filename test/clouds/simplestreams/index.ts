import { createHash } from 'node:crypto';
import type { RunningCloud, Seed } from '../../conformance/cloud.ts';
import { startFakeServer, type FakeAnswer, type FakeRequest } from '../../support/fake-server.ts';

type Json = Record<string, unknown>;

/** What a file server says of what is not there. */
export const errorPage = (words: string): string => `<html><body><h1>${words}</h1></body></html>`;
export const notFoundPage = errorPage('Not Found');
const page = (status: number, body: string): FakeAnswer => ({ status, headers: { 'content-type': 'text/html' }, body });

/** One published file, and what is published of it. */
interface Published {
  readonly id: string;
  readonly item: Json;
  readonly data: Buffer;
}

/** The fake with what tests may look at and change behind the driver's back. */
export interface RunningStreams extends RunningCloud {
  readonly origin: string;
  readonly images: ReadonlyMap<string, Published>;
  /** The document of products, as it is served. */
  readonly products: Json;
  /** Files by path, besides the documents. */
  readonly files: Map<string, Buffer>;
}

const account = { username: 'someone', password: 'password-of-the-tests' };
const basic = `Basic ${Buffer.from(`${account.username}:${account.password}`).toString('base64')}`;
const serial = '20260102';
const time = 'Fri, 02 Jan 2026 03:04:05 +0000';
const etagOf = (data: Buffer): string => `"${createHash('sha256').update(data).digest('hex').slice(0, 16)}"`;

/** A server of published images: files, and nothing that can be changed. Nothing is signed, so that no signed form is there. */
export async function startSimplestreams({ tags = true }: { readonly tags?: boolean } = {}): Promise<RunningStreams> {
  const images = new Map<string, Published>();
  const files = new Map<string, Buffer>();
  const products: Json = {
    format: 'products:1.0',
    content_id: 'com.example:download',
    datatype: 'image-downloads',
    updated: time,
    products: {},
  };
  let asked = 0;
  // What a proxy changes in the products, the index does not know of: it is another one each time, so that they are read again.
  const index = (): Json => ({
    format: 'index:1.0',
    ...(tags ? {} : { asked: (asked += 1) }),
    updated: products.updated,
    index: {
      'com.example:download': {
        format: 'products:1.0',
        datatype: 'image-downloads',
        path: 'streams/v1/download.json',
        updated: products.updated,
        products: Object.keys(products.products as Json),
      },
      'com.example:aws': { format: 'products:1.0', datatype: 'image-ids', path: 'streams/v1/aws.json', products: [] },
    },
  });

  function fileAt(path: string): Buffer | undefined {
    if (path === '/streams/v1/index.json') return Buffer.from(JSON.stringify(index()));
    if (path === '/streams/v1/download.json') return Buffer.from(JSON.stringify(products));
    return files.get(path.slice(1));
  }

  function answer({ method, url, headers }: FakeRequest): FakeAnswer | undefined {
    if (headers.authorization !== basic) return page(401, errorPage('Authorization Required'));
    if (method !== 'GET' && method !== 'HEAD') return page(405, errorPage('Method Not Allowed'));
    const data = fileAt(decodeURIComponent(url.pathname));
    if (!data) return page(404, notFoundPage);
    const etag = tags ? { etag: etagOf(data) } : {};
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
    const product = `com.example:server:${images.size + 1}:amd64`;
    const disk = Buffer.from(data ?? Buffer.alloc(512, 1));
    const path = `server/${images.size + 1}/${serial}/disk1.img`;
    const item: Json = {
      ftype: 'disk1.img',
      path,
      size: disk.length,
      sha256: createHash('sha256').update(disk).digest('hex'),
      md5: createHash('md5').update(disk).digest('hex'),
      pubname: name,
      label: 'release',
    };
    const version = { items: { 'disk1.img': item, manifest: { ftype: 'manifest', path: `${path}.manifest`, size: 1 } } };
    (products.products as Json)[product] = {
      arch: 'amd64',
      os: 'Example',
      release: 'noble',
      version: '24.04',
      supported: true,
      versions: { [serial]: version },
    };
    files.set(path, disk);
    const id = `${product}/${serial}/disk1.img`;
    images.set(id, { id, item, data: disk });
    return id;
  }

  const server = await startFakeServer(answer);
  return {
    origin: server.origin,
    images,
    products,
    files,
    values: { url: `${server.origin}/`, ...account },
    seed: async (seeds) => seeds.map(put),
    stored: (id) => images.get(id)?.item ?? {},
    requests: () => server.requests(),
    forget: () => server.forget(),
    fail: (fault) => server.fail(fault),
    stop: () => server.stop(),
  };
}

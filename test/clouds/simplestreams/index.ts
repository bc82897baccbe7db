import { createHash } from 'node:crypto';
import type { Seed } from '../../conformance/cloud.ts';
import { sha256 } from '../../support/served-file.ts';
import { account, startFiles, type FilesCloud } from '../file-server.ts';

type Json = Record<string, unknown>;

/** One published file, and what is published of it. */
interface Published {
  readonly id: string;
  readonly name: string;
  readonly item: Json;
  readonly data: Buffer;
}

/** The fake with what tests may look at and change behind the driver's back. */
export interface RunningStreams extends FilesCloud {
  readonly images: ReadonlyMap<string, Published>;
  /** The document of products, as it is served. */
  readonly products: Json;
  /** Files by path, besides the documents. */
  readonly files: Map<string, Buffer>;
}

const serial = '20260102';
const time = 'Fri, 02 Jan 2026 03:04:05 +0000';

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

  function put({ name, data }: Seed): string {
    const product = `com.example:server:${images.size + 1}:amd64`;
    const disk = Buffer.from(data ?? Buffer.alloc(512, 1));
    const path = `server/${images.size + 1}/${serial}/disk1.img`;
    const item: Json = {
      ftype: 'disk1.img',
      path,
      size: disk.length,
      sha256: sha256(disk),
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
    images.set(id, { id, name, item, data: disk });
    return id;
  }

  const server = await startFiles({ fileAt, tags });
  return {
    ...server,
    images,
    products,
    files,
    values: { url: `${server.origin}/`, ...account },
    seed: async (seeds) => seeds.map(put),
    stored: (id) => images.get(id)?.item ?? {},
  };
}

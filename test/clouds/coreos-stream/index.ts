import type { Seed } from '../../conformance/cloud.ts';
import { sha256 } from '../../support/served-file.ts';
import { account, startFiles, type FilesCloud } from '../file-server.ts';

type Json = Record<string, unknown>;

/** One published disk. */
interface Published {
  readonly id: string;
  readonly name: string;
  readonly disk: Json;
  readonly data: Buffer;
}

/** The fake with what tests may look at. */
export interface RunningStream extends FilesCloud {
  readonly images: ReadonlyMap<string, Published>;
}

const release = '44.20260102.3.0';

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

  function put(origin: string, { name, data }: Seed): string {
    const platform = `platform${images.size + 1}`;
    const bytes = Buffer.from(data ?? Buffer.alloc(512, 1));
    const disk = { location: `${origin}/builds/${encodeURIComponent(name)}.img`, sha256: sha256(bytes) };
    artifacts[platform] = { release, formats: { img: { disk }, 'tar.gz': { disk } } };
    files.set(`/builds/${name}.img`, bytes);
    const id = `stable/x86_64/${release}/${platform}.img`;
    images.set(id, { id, name, disk, data: bytes });
    return id;
  }

  const server = await startFiles({ fileAt, tags });
  return {
    ...server,
    images,
    values: { url: `${server.origin}/images/stable.json`, mirror: `${server.origin}/`, ...account },
    seed: async (seeds) => seeds.map((seed) => put(server.origin, seed)),
    stored: (id) => images.get(id)?.disk ?? {},
  };
}

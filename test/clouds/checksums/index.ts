import { createHash } from 'node:crypto';
import type { Seed } from '../../conformance/cloud.ts';
import { sha256 } from '../../support/served-file.ts';
import { account, startFiles, type FilesCloud } from '../file-server.ts';

const sha512 = (data: Buffer): Buffer => createHash('sha512').update(data).digest();

/**
 * A folder of published images, and nothing that can be changed: what is in it is told by `SHA256SUMS`, and by `images.json` as Debian has it.
 * `sums`: which of the two the profile names.
 */
export async function startChecksums({
  sums = 'SHA256SUMS',
  tags = true,
}: { readonly sums?: 'SHA256SUMS' | 'images.json'; readonly tags?: boolean } = {}): Promise<FilesCloud> {
  const images = new Map<string, { readonly id: string; readonly name: string; readonly data: Buffer }>();
  const files = new Map<string, Buffer>();

  const lines = (): string =>
    ['# made for tests', ...[...files].map(([name, data]) => `# ${name}: ${data.length} bytes\n${sha256(data)}  ${name}`)].join(
      '\n',
    );
  const items = (): string =>
    JSON.stringify({
      kind: 'List',
      items: [...files].map(([ref, data]) => ({
        kind: 'Upload',
        data: { ref },
        metadata: {
          annotations: { 'cloud.debian.org/digest': `sha512:${sha512(data).toString('base64').replace(/=+$/, '')}` },
        },
      })),
    });

  function fileAt(path: string): Buffer | undefined {
    if (path === '/images/SHA256SUMS') return Buffer.from(lines());
    if (path === '/images/images.json') return Buffer.from(items());
    return path.startsWith('/images/') ? files.get(path.slice('/images/'.length)) : undefined;
  }

  function put({ name, data }: Seed): string {
    const disk = Buffer.from(data ?? Buffer.alloc(512, 1));
    files.set(`${name}.img`, disk);
    const digest = sums === 'SHA256SUMS' ? sha256(disk) : sha512(disk).toString('hex');
    const id = `${digest.slice(0, 12)}/${name}.img`;
    images.set(id, { id, name, data: disk });
    return id;
  }

  const server = await startFiles({ fileAt, tags });
  return {
    ...server,
    images,
    values: { url: `${server.origin}/images/`, sums, ...account },
    seed: async (seeds) => seeds.map(put),
    stored: (id) => ({ ...images.get(id) }),
  };
}

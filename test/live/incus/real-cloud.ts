import { randomUUID } from 'node:crypto';
import { seedMetadata } from '../../clouds/incus/seed-metadata.ts';
import type { Cloud, Seed } from '../../conformance/cloud.ts';
import type { RealServer } from './server.ts';

let seeded = 0;

/** Puts an image in, past the driver. `kind`: what its second file is to the server. */
export async function plant(
  server: RealServer,
  { name, description, properties = {}, isPublic = false, data = Buffer.alloc(1024, name) }: Seed,
  project = 'default',
  kind: 'rootfs.img' | 'rootfs' = 'rootfs.img',
): Promise<string> {
  const boundary = randomUUID();
  const part = (field: string, file: string, bytes: Uint8Array): Uint8Array[] => [
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${field}"; filename="${file}"\r\n\r\n`),
    bytes,
    Buffer.from('\r\n'),
  ];
  const body = Buffer.concat([
    ...part('metadata', 'metadata.tar', seedMetadata((seeded += 1))),
    ...part(kind, kind === 'rootfs' ? 'rootfs.squashfs' : 'disk.qcow2', data),
    Buffer.from(`--${boundary}--\r\n`),
  ]);
  const pairs = { ...properties, ...(description === undefined ? {} : { description }) };
  const headers = {
    'content-type': `multipart/form-data; boundary=${boundary}`,
    [`x-${server.product}-properties`]: new URLSearchParams(pairs).toString(),
    [`x-${server.product}-public`]: String(isPublic),
  };
  const { fingerprint } = (await server.done('POST', `/images?project=${project}`, body, headers)) as { fingerprint: string };
  await server.api('POST', `/images/aliases?project=${project}`, { name, target: fingerprint, description: '' });
  return fingerprint;
}

/** A real server for the conformance suite, reached by these values. */
export const realIncus = (
  server: () => RealServer,
  values: () => Readonly<Record<string, string>>,
  project = 'default',
): Cloud => ({
  wire: false,
  start: () =>
    Promise.resolve({
      values: values(),
      async seed(images) {
        const ids: string[] = [];
        for (const image of images) ids.push(await plant(server(), image, project));
        return ids;
      },
      requests: () => [],
      forget: () => undefined,
      fail: () => {
        throw new Error('a real server does not fail on demand');
      },
      stop: () => Promise.resolve(),
    }),
});

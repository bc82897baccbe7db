import type { Seed } from '../../conformance/cloud.ts';
import { keepBlob, keepManifest, sha256, type Repository } from './store.ts';

export const types = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  image: 'application/vnd.imgctl.image.v1',
  record: 'application/vnd.imgctl.record.v1+json',
  empty: 'application/vnd.oci.empty.v1+json',
  raw: 'application/vnd.imgctl.disk.raw',
};

/** Record, disk and manifest of an image, as texts and bytes, written out by hand: what is on the wire, whoever wrote it. */
export function documents(seed: Seed, id: string): { record: string; disk: Buffer | undefined; manifest: string } {
  const disk = seed.status === 'queued' ? undefined : Buffer.from(seed.data ?? Buffer.alloc(1024, seed.name));
  const record = JSON.stringify({
    schema: 1,
    id,
    revision: 1,
    status: seed.status ?? 'active',
    visibility: 'private',
    protected: false,
    hidden: false,
    name: seed.name,
    ...(seed.description === undefined ? {} : { description: seed.description }),
    tags: [...new Set(seed.tags)],
    properties: seed.properties ?? {},
    createdAt: '2026-01-02T03:04:05Z',
    updatedAt: '2026-01-02T03:04:05Z',
    ...(disk ? { diskFormat: 'raw', sizeBytes: disk.length, checksums: { sha256: sha256(disk).slice(7) } } : {}),
  });
  const layer = disk
    ? {
        mediaType: types.raw,
        digest: sha256(disk),
        size: disk.length,
        annotations: { 'org.opencontainers.image.title': `${seed.name}.raw` },
      }
    : { mediaType: types.empty, digest: sha256('{}'), size: 2 };
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: types.manifest,
    artifactType: types.image,
    config: { mediaType: types.record, digest: sha256(record), size: Buffer.byteLength(record) },
    layers: [layer],
    annotations: { 'org.opencontainers.image.title': seed.name },
  });
  return { record, disk, manifest };
}

/** Puts an image into a repository behind everybody's back. Returns its id. */
export function plant(repository: Repository, seed: Seed, id: string): string {
  const { record, disk, manifest } = documents(seed, id);
  keepBlob(repository, Buffer.from(record));
  keepBlob(repository, disk ?? Buffer.from('{}'));
  keepManifest(repository, id, types.manifest, Buffer.from(manifest));
  return id;
}

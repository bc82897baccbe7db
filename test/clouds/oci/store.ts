import { createHash, randomUUID } from 'node:crypto';

export const sha256 = (data: Buffer | string): string => `sha256:${createHash('sha256').update(data).digest('hex')}`;

/** A manifest as it was pushed. */
interface KeptManifest {
  readonly type: string;
  readonly data: Buffer;
}
/** An upload under way. `state` is the newest signed one: only it is good. */
export interface Upload {
  readonly id: string;
  state: string;
  data: Buffer;
}

export interface Repository {
  readonly blobs: Map<string, Buffer>;
  readonly manifests: Map<string, KeptManifest>;
  /** Digests by tag, in the order in which they came. */
  readonly tags: Map<string, string>;
  readonly uploads: Map<string, Upload>;
}

/** What a registry keeps, by repository. Reading does not make one. */
export interface Store {
  readonly repositories: Map<string, Repository>;
  of(name: string): Repository;
}

export function newStore(): Store {
  const repositories = new Map<string, Repository>();
  return {
    repositories,
    of(name) {
      const known = repositories.get(name) ?? { blobs: new Map(), manifests: new Map(), tags: new Map(), uploads: new Map() };
      repositories.set(name, known);
      return known;
    },
  };
}

export function newUpload(repository: Repository): Upload {
  const upload = { id: randomUUID(), state: randomUUID(), data: Buffer.alloc(0) };
  repository.uploads.set(upload.id, upload);
  return upload;
}

export function keepBlob(repository: Repository, data: Buffer): string {
  const digest = sha256(data);
  repository.blobs.set(digest, data);
  return digest;
}

/** Without a tag it is there by its digest only. */
export function keepManifest(repository: Repository, tag: string | undefined, type: string, data: Buffer): string {
  const digest = sha256(data);
  repository.manifests.set(digest, { type, data });
  if (tag !== undefined) repository.tags.set(tag, digest);
  return digest;
}

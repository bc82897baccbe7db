import type { Found } from './images.ts';
import type { Wire } from './wire.ts';

/** Rights that requests take, as tokens name them. */
export type Right = 'pull' | 'pull,push' | 'delete';

/** One repository of a registry, and what was read of it in this run. */
export interface Repository {
  readonly name: string;
  readonly wire: Wire;
  /** `registry/repository`, for messages. */
  readonly shown: string;
  /** Images by tag, as they were last read: what has not changed since is not sent again. */
  readonly read: Map<string, Found>;
  /** Digest of every tag, once it was needed. */
  digests?: Promise<ReadonlyMap<string, string>>;
}

export const openRepository = (wire: Wire, name: string): Repository => ({
  name,
  wire,
  shown: `${wire.origin.host}/${name}`,
  read: new Map(),
});

/** The address of something in a repository. `path` is made of ids and digests that were checked. */
export const urlIn = ({ wire, name }: Repository, path: string): URL => new URL(`/v2/${name}/${path}`, wire.origin);

export const scope = ({ name }: Repository, right: Right): string => `repository:${name}:${right}`;

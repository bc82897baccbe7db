import type { Channel } from '../../core/channel.ts';
import type { Cache } from '../../core/driver.ts';
import type { Foreign, Found } from './tagged.ts';
import type { Transport } from './transport.ts';

/** Rights that requests take, as tokens name them. */
export type Right = 'pull' | 'pull,push' | 'delete';

/** One repository of a registry, and what was read of it in this run. */
export interface Repository {
  readonly name: string;
  readonly wire: Transport;
  /** `registry/repository`, for messages. */
  readonly shown: string;
  /** Images by tag, as they were last read: what has not changed since is not sent again. */
  readonly read: Map<string, Found | Foreign>;
  /** Documents by digest that earlier runs have read. */
  readonly cache?: Cache;
  /** Of the images that were looked for in the cache: how many were there, less those that were not. */
  recalled: number;
  /** Asked for nothing more by HEAD: GET has told what that did not. */
  refusesHead: boolean;
  /** Digest of every tag, once it was needed. */
  digests?: Promise<ReadonlyMap<string, string>>;
  /** What the tag of a channel is made of. Absent: channels have none. */
  readonly channelTag?: (channel: Channel) => string;
}

export const openRepository = (
  wire: Transport,
  name: string,
  { cache, channelTag }: Pick<Partial<Repository>, 'cache' | 'channelTag'>,
): Repository => ({
  name,
  wire,
  shown: `${wire.origin.host}/${name}`,
  read: new Map(),
  ...(cache ? { cache } : {}),
  ...(channelTag ? { channelTag } : {}),
  recalled: 0,
  refusesHead: false,
});

/** The address of something in a repository. `path` is made of ids and digests that were checked. */
export const urlIn = ({ wire, name }: Repository, path: string): URL => new URL(`/v2/${name}/${path}`, wire.origin);

export const scope = ({ name }: Repository, right: Right): string => `repository:${name}:${right}`;

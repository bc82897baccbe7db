import type { Secret } from '../../core/secret.ts';
import type { Tools } from '../../core/tools.ts';
import { folderAddress, isBelow, publisherAt, type Publisher } from '../_published/address.ts';
import { architectureOf } from '../../core/architecture.ts';
import { createMemory, type Memory } from '../_published/memory.ts';
import { usualDisks } from './disk-types.ts';
import type { Published } from './disks.ts';

export interface StreamsValues {
  readonly url: string;
  readonly mirror: string | undefined;
  readonly disks: string | undefined;
  readonly username: string | undefined;
  readonly password: Secret | undefined;
  readonly arch: string | undefined;
}

/** What a session keeps between requests. */
export interface StreamsClient {
  readonly publisher: Publisher;
  /** What the paths of documents count from. */
  readonly root: URL;
  /** The document that the profile names, below the root and without its ending. */
  readonly start: string;
  /** What the paths of files count from. */
  readonly files: URL;
  readonly architecture: string;
  /** Kinds of disks that a name means, the best first. */
  readonly disks: readonly string[];
  readonly memory: Memory<'all', Published>;
}

const below = /\/(streams\/v1\/[^?#]*)\.s?json$/;

/** The address that paths count from. */
const rootOf = (url: string): string => url.replace(below, '/').replace(/\/streams(\/v1)?\/?$/, '/');

/** Files lie below the root, or have the same paths at the mirror. */
export const mayPublish = ({ url = '', mirror }: Readonly<Record<string, string>>, address: URL): boolean =>
  [mirror, rootOf(url)].some((folder) => isBelow(address, folder));

/** A client that has sent nothing yet. Throws CONFIG for an address that is none, or that nothing vouches for. */
export function connect(values: StreamsValues, tools: Tools): StreamsClient {
  const start = below.exec(values.url)?.[1];
  const root = folderAddress('url', rootOf(values.url));
  const files = values.mirror === undefined ? root : folderAddress('mirror', values.mirror);
  const disks = (values.disks ?? '').split(',').map((kind) => kind.trim());
  return {
    publisher: publisherAt([root, files], values, tools),
    root,
    start: start ?? 'streams/v1/index',
    files,
    architecture: architectureOf(values.arch ?? 'amd64'),
    memory: createMemory(),
    disks: disks.some((kind) => kind !== '') ? disks.filter((kind) => kind !== '') : usualDisks,
  };
}

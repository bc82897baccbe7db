import { configError } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import type { Tools } from '../../core/tools.ts';
import { folderAddress, isBelow, isLoopback, publisherAt, type Publisher } from '../_published/address.ts';
import { architectureOf } from '../../core/architecture.ts';
import { createMemory, type Memory } from '../_published/memory.ts';
import type { StreamImage } from './images.ts';

export interface CoreosValues {
  readonly url: string;
  readonly mirror: string | undefined;
  readonly platforms: string | undefined;
  readonly username: string | undefined;
  readonly password: Secret | undefined;
  readonly arch: string | undefined;
}

/** What a session keeps between requests. */
export interface CoreosClient {
  readonly publisher: Publisher;
  /** Of the stream's document. */
  readonly url: URL;
  /** What the paths of files count from, where they are had from another server. */
  readonly mirror: URL | undefined;
  readonly architecture: string;
  /** Platforms that the name of the stream means, the best first. */
  readonly platforms: readonly string[];
  readonly memory: Memory<'all', readonly StreamImage[]>;
}

/** Where builds are kept, whatever server and folder it is in: `/builds/RELEASE/ARCH/FILE`. */
const build = /\/builds\/[^/]+\/[^/]+\/[^/]+$/;

/** A stream names its files anywhere: mostly on another server, or beside the folder that it is in. */
export const mayPublish = ({ url = '', mirror }: Readonly<Record<string, string>>, address: URL): boolean =>
  mirror === undefined ? build.test(address.pathname) || isBelow(address, url) : isBelow(address, mirror);

/** A client that has sent nothing yet. Throws CONFIG for an address that is none, or that nothing vouches for. */
export function connect(values: CoreosValues, tools: Tools): CoreosClient {
  const folder = folderAddress('url', values.url);
  const url = new URL(folder.href.replace(/\/$/, ''));
  // Nobody signs the stream itself: which release is the newest is the server's word alone.
  if (url.protocol === 'http:' && !isLoopback(url))
    throw configError(`nothing vouches for what ${url.host} serves over http`, {
      hint: 'Use its https address: streams are not signed.',
    });
  const mirror = values.mirror === undefined ? undefined : folderAddress('mirror', values.mirror);
  const platforms = (values.platforms ?? '').split(',').map((platform) => platform.trim());
  return {
    publisher: publisherAt(mirror ? [url, mirror] : [url], values, tools),
    url,
    mirror,
    architecture: architectureOf(values.arch ?? 'amd64'),
    platforms: platforms.some((platform) => platform !== '')
      ? platforms.filter((platform) => platform !== '')
      : ['openstack', 'qemu'],
    memory: createMemory(),
  };
}

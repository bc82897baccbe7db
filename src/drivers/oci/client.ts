import type { ReadBlocks, SendBlocks } from '../../core/blocks.ts';
import { channelTemplate } from '../../core/channel-template.ts';
import type { Tools } from '../../core/driver.ts';
import { configError } from '../../core/errors.ts';
import { parseSizeWithUnit } from '../../core/quantity.ts';
import type { Values } from '../../core/field.ts';
import type { Layout } from '../_oci/layer-cut.ts';
import { checkRepository, originOf } from './address.ts';
import type { fields } from './fields.ts';
import { Authorizer } from './authorization.ts';
import { openRepository, type Repository } from './repository.ts';
import { Transport } from './transport.ts';

/** How much goes into one request: less than a chunk once one was too much. Learned for good, also where all is begun again. */
export interface Pace {
  most: number;
}

/** One registry, as one profile sees it. */
export interface OciClient {
  readonly who: string;
  readonly home: Repository;
  /** Further repositories that may hold copies, by name: those of the profile, and those watched. */
  readonly places: ReadonlyMap<string, Repository>;
  /** Any other repository of the registry. */
  repository(name: string): Repository;
  /** From now on, in this run, copies are looked for in this repository too. */
  watch(name: string): void;
  /** The tag of a new image is made of its name. */
  readonly tagsByName: boolean;
  /** Bytes of a chunk; absent: disks are sent in one request. */
  readonly chunkBytes?: number;
  readonly pace: Pace;
  readonly sendBlocks: SendBlocks;
  readonly readBlocks: ReadBlocks;
  /** What a raw disk becomes where nobody says otherwise. */
  readonly layout: Layout;
}

/** Below this a disk is mostly requests; so that a chunk's first byte is never its last, as `Range: 0-0` would have it. */
const smallestChunk = 64 * 1024;
const largestChunk = 1024 ** 3;

function chunkBytesOf(text: string): number {
  const bytes = parseSizeWithUnit(text, 'chunkSize', 'MiB');
  if (bytes >= smallestChunk && bytes <= largestChunk) return bytes;
  throw configError(`chunkSize: ${text} is out of range (64KiB to 1GiB)`, {
    hint: 'Use a size such as chunkSize=16MiB; each chunk is held in memory.',
  });
}

/** What the tag that follows a channel is made of where nobody says otherwise. */
const usualChannelTag = '{{name}}-{{channel}}';

/** Throws CONFIG when the values name no registry or no repository. No request is made. */
export function connect(values: Values<typeof fields>, { http, cache, sendBlocks, readBlocks }: Tools): OciClient {
  const origin = originOf(values.registry, values.plainHttp);
  const wire = new Transport(http, origin, new Authorizer(http, origin, values));
  const channelTag = channelTemplate(values.channelTags ?? usualChannelTag, 'channelTags');
  const kept = { ...(cache ? { cache } : {}), ...(channelTag ? { channelTag } : {}) };
  const repositories = new Map<string, Repository>();
  const repository = (name: string): Repository => {
    const known = repositories.get(name) ?? openRepository(wire, name, kept);
    repositories.set(name, known);
    return known;
  };
  const home = repository(checkRepository(values.repository, 'repository'));
  const names = (values.places ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== home.name);
  const places = new Map(names.map((name) => [name, repository(checkRepository(name, 'places'))]));
  return {
    who: `${values.username ?? (values.token ? 'token' : 'anonymous')}@${origin.host}/${home.name}`,
    home,
    places,
    repository,
    tagsByName: values.tags !== 'uuid',
    watch: (name) => void places.set(name, repository(name)),
    sendBlocks,
    readBlocks,
    // Who says how one blob is to be cut wants one.
    layout: values.layout === 'single' || (values.layout === undefined && values.chunkSize) ? 'single' : 'layers',
    pace: { most: Infinity },
    ...(values.chunkSize ? { chunkBytes: chunkBytesOf(values.chunkSize) } : {}),
  };
}

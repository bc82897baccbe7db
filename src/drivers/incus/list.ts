import { aboutNoImage } from '../../core/answer-error.ts';
import { providerError } from '../../core/errors.ts';
import type { ImageRecord } from '../../core/image.ts';
import { isObject, textIn, type JsonObject } from '../../core/json.ts';
import type { Call, Operation } from '../../core/operation.ts';
import { ask, projectNames, read, trusted, type IncusClient } from './client.ts';
import { recordFrom } from './record.ts';

const what = 'listing images';

const own: Readonly<Record<string, string>> = {
  type: 'container or virtual-machine',
  cached: 'true: images that the server has fetched for an instance and removes by itself',
};

/**
 * By name, as the official clients have it. Oddity: the server knows no pages and no limit, gives another order each time, and its
 * filters are regular expressions that spare it nothing.
 */
export const list: Operation<IncusClient, 'list'> = {
  filters: [],
  own,
  async *run(client, request, call) {
    const images = await read(client, 'images', what, call, { recursion: '1' }).catch((error: unknown) => {
      throw aboutNoImage(error);
    });
    if (!Array.isArray(images)) throw providerError(`${what}: the answer is no list`);
    // Who is shown private images is trusted, and sees the project: then nobody need ask.
    if (request.scope !== 'all' && !images.some(isPrivate)) await requireOwn(client, call);
    call.note({ kind: 'expected', images: images.length });
    const records = images.map((wire) => recordFrom(wire, what, client.project ?? 'default'));
    for (const record of records.sort(byName)) {
      call.signal.throwIfAborted();
      if (isWanted(record.raw, request.own)) yield record;
    }
  },
};

/** Names may be the same, as those of images without any may be; ids never are. */
const byName = (one: ImageRecord, other: ImageRecord): number =>
  one.name === other.name ? (one.id < other.id ? -1 : 1) : one.name < other.name ? -1 : 1;

const isPrivate = (wire: unknown): boolean => isObject(wire) && wire.public === false;

/**
 * Throws AUTH where the server does not trust us, and warns where the project is not ours to see. Oddity: in both cases it shows
 * the public images, mostly none, and refuses nothing.
 */
async function requireOwn(client: IncusClient, call: Call): Promise<void> {
  const { isRestricted } = await trusted(client, what, call);
  if (!isRestricted) return;
  const own = client.project ?? 'default';
  const { body } = await ask(client, { method: 'GET', path: 'projects', what: 'listing projects' }, call);
  const may = projectNames(body);
  if (may.includes(own)) return;
  const message = `the project ${own} is not one that this client may see; it may use ${may.join(', ') || 'none'}`;
  call.note({ kind: 'warning', message });
}

const isWanted = (wire: JsonObject, wanted: Readonly<Record<string, string>>): boolean =>
  Object.entries(wanted).every(([name, value]) => (textIn(wire[name]) ?? String(wire[name] ?? '')) === value);

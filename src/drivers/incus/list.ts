import { aboutNoImage } from '../../core/answer-error.ts';
import { providerError } from '../../core/errors.ts';
import type { Call, Operation } from '../../core/operation.ts';
import { ask, projectNames, read, requireTrust, serverInfo, type IncusClient, type ServerInfo } from './client.ts';
import { isObject, recordFrom, textIn, type JsonObject } from './record.ts';

const what = 'listing images';

const own: Readonly<Record<string, string>> = {
  type: 'container or virtual-machine',
  cached: 'true: images that the server has fetched for an instance and removes by itself',
};

/** Oddity: the server knows no pages, no order and no limit, and its filters are regular expressions that spare it nothing. */
export const list: Operation<IncusClient, 'list'> = {
  filters: [],
  own,
  async *run(client, request, call) {
    const info = await serverInfo(client, call);
    if (request.scope !== 'all') requireTrust(info, what);
    const images = await read(client, 'images', what, call, { recursion: '1' }).catch((error: unknown) => {
      throw aboutNoImage(error);
    });
    if (!Array.isArray(images)) throw providerError(`${what}: the answer is no list`);
    call.note({ kind: 'expected', images: images.length });
    if (request.scope !== 'all') await warnOfProject(client, info, images, call);
    for (const wire of images as readonly unknown[]) {
      call.signal.throwIfAborted();
      const record = recordFrom(wire, what, client.project ?? 'default');
      if (isWanted(record.raw, request.own)) yield record;
    }
  },
};

/** Oddity: the list of a project that is not ours to see is empty but for public images, and no refusal. */
async function warnOfProject(
  client: IncusClient,
  { isRestricted }: ServerInfo,
  images: readonly unknown[],
  call: Call,
): Promise<void> {
  if (!isRestricted || images.some((wire) => isObject(wire) && wire.public !== true)) return;
  const own = client.project ?? 'default';
  const { body } = await ask(client, { method: 'GET', path: 'projects', what: 'listing projects' }, call);
  const may = projectNames(body);
  if (may.includes(own)) return;
  const message = `the project ${own} is not one that this client may see; it may use ${may.join(', ') || 'none'}`;
  call.note({ kind: 'warning', message });
}

const isWanted = (wire: JsonObject, wanted: Readonly<Record<string, string>>): boolean =>
  Object.entries(wanted).every(([name, value]) => (textIn(wire[name]) ?? String(wire[name] ?? '')) === value);

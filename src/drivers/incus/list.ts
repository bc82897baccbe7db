import { aboutNoImage } from '../../core/answer-error.ts';
import { providerError } from '../../core/errors.ts';
import type { Operation } from '../../core/operation.ts';
import { read, requireTrust, serverInfo, type IncusClient } from './client.ts';
import { recordFrom, textIn, type JsonObject } from './record.ts';

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
    for (const wire of images as readonly unknown[]) {
      call.signal.throwIfAborted();
      const record = recordFrom(wire, what, client.project ?? 'default');
      if (isWanted(record.raw, request.own)) yield record;
    }
  },
};

const isWanted = (wire: JsonObject, wanted: Readonly<Record<string, string>>): boolean =>
  Object.entries(wanted).every(([name, value]) => (textIn(wire[name]) ?? String(wire[name] ?? '')) === value);

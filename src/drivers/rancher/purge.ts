import type { Operation } from '../../core/operation.ts';
import { allowed, follow } from './action.ts';
import type { RancherClient } from './client.ts';
import { cattleImage, recordFrom } from './record.ts';
import { readImage } from './show.ts';

/** The server purges removed images by itself after a while, so that an image purged already is a success and costs no request. */
export const purge: Operation<RancherClient, 'purge'> = {
  later: true,
  async run(client, request, call) {
    const what = `purge of image ${request.id}`;
    await allowed(client, 'purge', call);
    const body = await readImage(client, request.id, call);
    const image = cattleImage(body, what);
    if (image.state === 'purging' || image.state === 'purged') return recordFrom(body, what);
    return recordFrom(await follow(client, body, 'purge', call), what);
  },
};

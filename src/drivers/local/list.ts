import type { Operation } from '../../core/operation.ts';
import { readCatalogue } from './images.ts';
import type { LocalClient } from './client.ts';
import { throwIfAborted } from './errors.ts';
import { inPlaces, isCopy } from './copies.ts';
import { recordFrom } from './record.ts';

/** All images of the folder are the caller's own, and all are read at once: nothing is left for a filter to save. */
export const list: Operation<LocalClient, 'list'> = {
  filters: [],
  async *run(client, request, call) {
    const { images } = await readCatalogue(client.home, call);
    const places = [...(await inPlaces(client, call, async (folder) => ({ folder, ...(await readCatalogue(folder, call)) })))];
    for (const found of images.values()) {
      throwIfAborted(call.signal);
      const copies = places.flatMap(([name, { folder, images: there }]) =>
        isCopy(found, there.get(found.id)) ? [[name, folder] as const] : [],
      );
      const image = recordFrom(client.home, found, new Map(copies));
      if (image.hidden !== true || request.hidden) yield image;
    }
  },
};

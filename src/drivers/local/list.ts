import type { Operation } from '../../core/operation.ts';
import { readCatalogue } from './catalogue.ts';
import type { LocalClient } from './client.ts';
import { goOn } from './failure.ts';
import { inPlaces, isCopy, shown } from './replicas.ts';

/** All images of the folder are the caller's own, and all are read at once: nothing is left for a filter to save. */
export const list: Operation<LocalClient, 'list'> = {
  filters: [],
  async *run(client, request, call) {
    const { images } = await readCatalogue(client.home, call);
    const copies = await inPlaces(client, call, (folder) => readCatalogue(folder, call));
    for (const found of images.values()) {
      goOn(call.signal);
      const places = [...copies].filter(([, { images: there }]) => isCopy(found, there.get(found.id))).map(([name]) => name);
      const image = shown(found, places);
      if (image.hidden !== true || request.hidden) yield image;
    }
  },
};

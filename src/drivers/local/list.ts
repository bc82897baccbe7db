import type { Operation } from '../../core/operation.ts';
import { readCatalogue, type Catalogue } from './catalogue.ts';
import type { LocalClient } from './client.ts';
import { goOn } from './failure.ts';
import { isCopy, shown } from './replicas.ts';

/** All images of the folder are the caller's own, and all are read at once: nothing is left for a filter to save. */
export const list: Operation<LocalClient, 'list'> = {
  filters: [],
  async *run(client, request, call) {
    const { images } = await readCatalogue(client.home, call);
    const places: [string, Catalogue][] = [];
    for (const [name, folder] of client.places) places.push([name, await readCatalogue(folder, call)]);
    for (const found of images.values()) {
      goOn(call.signal);
      if (found.record.hidden === true && !request.hidden) continue;
      yield shown(
        found,
        places.filter(([, copies]) => isCopy(found, copies.images.get(found.id))).map(([name]) => name),
      );
    }
  },
};

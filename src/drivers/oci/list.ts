import type { Operation } from '../../core/operation.ts';
import { abortedError } from '../../core/errors.ts';
import { isId } from '../_oci/ids.ts';
import type { OciClient } from './client.ts';
import { copiesOf, inPlaces, shown } from './copies.ts';
import { isDamage, recall } from './images.ts';
import { sideBySide } from './side-by-side.ts';
import { tagsOf } from './tags.ts';

/** All that a repository holds is the caller's own; no registry filters or sorts by what is in a record. */
export const list: Operation<OciClient, 'list'> = {
  filters: [],
  async *run(client, request, call) {
    const tags = (await tagsOf(client.home, call)).filter(isId);
    call.note({ kind: 'expected', images: tags.length });
    const held = await inPlaces(client.places.values(), call, async (place) => new Set(await tagsOf(place, call)));
    const read = async (tag: string) => {
      try {
        const found = await recall(client.home, tag, call);
        // Gone meanwhile, of another tool's, or not to be shown.
        if (found === undefined || found === 'foreign' || (found.record.hidden === true && !request.hidden)) return undefined;
        const places = [...client.places.values()].filter(({ name }) => held.get(name)?.has(tag));
        return shown(client, found, [...(await copiesOf(client, found, call, places)).keys()]);
      } catch (error) {
        if (!isDamage(error)) throw error;
        call.note({ kind: 'warning', message: `${error.message}; the image is left out` });
        return undefined;
      }
    };
    for await (const image of sideBySide(tags, read)) {
      if (call.signal.aborted) throw abortedError('stopped');
      if (image) yield image;
    }
  },
};

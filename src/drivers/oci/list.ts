import type { Operation } from '../../core/operation.ts';
import { abortedError } from '../../core/errors.ts';
import { isId } from '../_oci/ids.ts';
import type { OciClient } from './client.ts';
import { copiesOf, inPlaces } from './copies.ts';
import { recordFrom } from './record.ts';
import { furtherTag } from './channel-tag.ts';
import { foreignImage, furtherTagWords, leftOutWords, type LeftOut } from './foreign.ts';
import { isDamage, recall } from './images.ts';
import { isOurs } from './tagged.ts';
import { inBatches } from './concurrency.ts';
import { tagsOf } from './tags.ts';

/** Tags of signatures and the like that belong to another tag (distribution-spec 1.1, "Referrers Tag Schema"; cosign's). */
const isReferrer = (tag: string): boolean => /^sha256-[0-9a-f]{64}/i.test(tag);

/** All that a repository holds is the caller's own; no registry filters or sorts by what is in a record. */
export const list: Operation<OciClient, 'list'> = {
  filters: [],
  async *run(client, request, call) {
    const all = (await tagsOf(client.home, call)).filter((tag) => !isReferrer(tag));
    const tags = all.filter(isId);
    const leftOut: LeftOut[] = all.filter((tag) => !isId(tag)).map((id) => ({ id, kind: 'not an image id' }));
    const others: LeftOut[] = [];
    call.note({ kind: 'expected', images: tags.length });
    const held = await inPlaces(client.places.values(), call, async (place) => new Set(await tagsOf(place, call)));
    const read = async (tag: string) => {
      try {
        const found = await recall(client.home, tag, call);
        // Gone since, or of a type that nobody knows.
        if (found === undefined) return void leftOut.push({ id: tag, kind: 'no manifest' });
        if (!isOurs(found)) {
          const image = foreignImage(client.home, found);
          if (!image) leftOut.push(found);
          return image;
        }
        const further = await furtherTag(client.home, found, call);
        if (further) return void (further.channel || others.push({ id: tag, kind: further.id }));
        if (found.record.hidden === true && !request.hidden) return undefined;
        const places = [...client.places.values()].filter(({ name }) => held.get(name)?.has(tag));
        return recordFrom(client, found, [...(await copiesOf(client, found, call, places)).keys()]);
      } catch (error) {
        if (!isDamage(error)) throw error;
        call.note({ kind: 'warning', message: `${error.message}; image skipped` });
        return undefined;
      }
    };
    for await (const image of inBatches(tags, read)) {
      if (call.signal.aborted) throw abortedError('interrupted');
      if (image) yield image;
    }
    // Who looks a name up looks among hidden images too, and has not asked what else there is.
    if (leftOut.length > 0 && !request.hidden) call.note({ kind: 'warning', message: leftOutWords(client.home, leftOut) });
    if (others.length > 0 && !request.hidden) call.note({ kind: 'warning', message: furtherTagWords(client.home, others) });
  },
};

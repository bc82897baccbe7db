import { conflictError } from '../../core/errors.ts';
import { requireKnownPlaces } from '../../core/conflict.ts';
import { began } from '../../core/job-operation.ts';
import type { Call, Operation, ReplicateRequest } from '../../core/operation.ts';
import type { OpenstackClient } from './client.ts';
import { pathSegment } from './path-segment.ts';
import { imagePath, readImage, readRecord } from './images.ts';
import { recordFrom } from './record.ts';
import { needMethod, needStores } from './capabilities.ts';
import { wordsIn } from './json.ts';

/** Which stores to fill and which to empty, given where the image is. Throws CONFLICT when no copy would be left to copy from. */
function moves(
  now: readonly string[],
  { id, add, remove, exactly }: ReplicateRequest,
): { readonly fill: readonly string[]; readonly empty: readonly string[] } {
  const fill = (exactly ?? add).filter((name) => !now.includes(name));
  const empty = exactly ? now.filter((name) => !exactly.includes(name)) : remove.filter((name) => now.includes(name));
  if (empty.length === 0 || empty.length < now.length) return { fill: [...new Set(fill)], empty: [...new Set(empty)] };
  throw conflictError(`image ${id} would be removed from every store it lies in now (${now.join(', ')})`, {
    hint: fill.length > 0 ? 'Add the new ones first:' : 'Delete the image itself with:',
    next: [fill.length > 0 ? { verb: 'replicate', image: id, options: { to: fill.join(',') } } : { verb: 'delete', image: id }],
  });
}

async function removeFrom(client: OpenstackClient, store: string, id: string, call: Call): Promise<void> {
  const what = `removing image ${id} from store ${store}`;
  // 404: it is already gone, which is what was asked for.
  await client.ask(
    { what, method: 'DELETE', path: `/stores/${pathSegment(store, 'store')}/${pathSegment(id)}`, welcome: [404], done: 204 },
    call,
  );
}

/** Copies are made by Glance after the answer (`copy-image`, by default for administrators only); removals are done at once. */
export const replicate: Operation<OpenstackClient, 'replicate'> = {
  place: 'store',
  copies: 'same',
  later: true,
  async run(client, request, call) {
    const { id } = request;
    const named = [...(request.exactly ?? []), ...request.add, ...request.remove];
    const image = await readImage(client, id, call);
    if (request.basis) requireKnownPlaces(request.basis, recordFrom(image), request.exactly);
    await needStores(client, named, call);
    const { fill, empty } = moves(wordsIn(image.stores), request);
    if (fill.length > 0) await needMethod(client, 'copy-image', call);
    // Removals come first: a copy that is going on might be reading from what is removed.
    for (const store of empty) await removeFrom(client, store, id, call);
    if (fill.length > 0) {
      call.note({ kind: 'adding', places: fill });
      await client.ask(
        {
          what: `copying image ${id} to ${fill.join(', ')}`,
          method: 'POST',
          path: `${imagePath(id)}/import`,
          json: { method: { name: 'copy-image' }, stores: fill, all_stores_must_succeed: false },
          done: 202,
        },
        call,
      );
      began(call, { verb: 'replicate', image: id });
    }
    return readRecord(client, id, call);
  },
};

import { conflictError, notFoundError } from '../../core/errors.ts';
import { requireKnownPlaces } from '../../core/conflict.ts';
import type { Operation, ReplicateRequest } from '../../core/operation.ts';
import { find } from './images.ts';
import { homePlace, type LocalClient } from './client.ts';
import type { Folder } from './folder.ts';
import { copiesOf, copyTo, removeCopy, showImage } from './copies.ts';
import { recordFrom } from './record.ts';

function placeNamed(client: LocalClient, name: string): Folder {
  const folder = name === homePlace ? client.home : client.places.get(name);
  if (folder) return folder;
  throw notFoundError(`no such place: ${name}`, { hint: `Places: ${[homePlace, ...client.places.keys()].join(', ')}` });
}

/** The names of places that shall hold the image in the end. Throws NOT_FOUND for a place that the profile does not name. */
function wanted(client: LocalClient, request: ReplicateRequest, now: readonly string[]): ReadonlySet<string> {
  for (const name of [...request.add, ...request.remove, ...(request.exactly ?? [])]) placeNamed(client, name);
  const names = new Set(request.exactly ?? [...now, ...request.add]);
  for (const name of request.remove) names.delete(name);
  return names;
}

export const replicate: Operation<LocalClient, 'replicate'> = {
  place: 'folder',
  copies: 'same',
  async run(client, request, call) {
    const found = await find(client.home, request.id);
    const copies = await copiesOf(client, found, call);
    if (request.basis) requireKnownPlaces(request.basis, recordFrom(client.home, found, copies), request.exactly);
    const names = wanted(client, request, [homePlace, ...copies.keys()]);
    if (!names.has(homePlace))
      throw conflictError(`image ${request.id} cannot be removed from ${homePlace}, which holds its record`, {
        hint: 'Delete it everywhere with:',
        next: [{ verb: 'delete', image: request.id }],
      });
    call.note({ kind: 'adding', places: [...names].filter((name) => name !== homePlace && !copies.has(name)) });
    // A copy that was asked for by name is read, and made anew where it is damaged.
    const asked = new Set([...request.add, ...(request.exactly ?? [])]);
    for (const name of names)
      if (name !== homePlace && (asked.has(name) || !copies.has(name)))
        await copyTo(client.home, placeNamed(client, name), found, call);
    for (const name of new Set([...copies.keys(), ...request.remove]))
      if (!names.has(name)) await removeCopy(placeNamed(client, name), found, call);
    return showImage(client, request.id, call);
  },
};

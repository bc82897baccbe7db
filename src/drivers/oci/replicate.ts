import { conflictError, usageError } from '../../core/errors.ts';
import type { ImageRecord } from '../../core/image.ts';
import { requireKnownPlaces } from '../../core/conflict.ts';
import type { Call, Operation, ReplicateRequest } from '../../core/operation.ts';
import { isRepository } from './address.ts';
import type { OciClient } from './client.ts';
import { copiesForSure, copiesOf, copyTo } from './copies.ts';
import { recordFrom } from './record.ts';
import { find } from './find.ts';
import type { Found } from './tagged.ts';
import { deleteManifest } from './delete-manifest.ts';
import type { Repository } from './repository.ts';

function checkNames(names: readonly string[]): void {
  for (const name of names)
    if (!isRepository(name))
      throw usageError(`invalid repository name: ${name.slice(0, 100)}`, {
        hint: 'Use lower case, such as images/copies; copy to another registry with:',
        next: [{ verb: 'copy', args: ['IMAGE', 'TO'] }],
      });
}

/**
 * The copies there are: where the profile says that copies may be, and where the request says so. Those that may have to go are
 * found for sure, or what stands in the way is thrown.
 */
async function copiesNow(
  client: OciClient,
  found: Found,
  request: ReplicateRequest,
  call: Call,
): Promise<ReadonlyMap<string, Found>> {
  const named = [...request.add, ...(request.exactly ?? [])];
  const others = new Set([...client.places.keys(), ...named, ...request.remove]);
  others.delete(client.home.name);
  const [mayGo, stay] = [new Set<Repository>(), new Set<Repository>()];
  for (const name of others)
    (request.exactly !== undefined || request.remove.includes(name) ? mayGo : stay).add(client.repository(name));
  return new Map([...(await copiesForSure(found, call, mayGo)), ...(await copiesOf(client, found, call, stay))]);
}

function wanted(request: ReplicateRequest, now: readonly string[]): ReadonlySet<string> {
  const names = new Set(request.exactly ?? [...now, ...request.add]);
  for (const name of request.remove) names.delete(name);
  return names;
}

/** The registry itself lets the other repository have the disk: no bytes of it move. */
export const replicate: Operation<OciClient, 'replicate'> = {
  place: 'repository',
  copies: 'same',
  async run(client, request, call): Promise<ImageRecord> {
    const named = [...request.add, ...request.remove, ...(request.exactly ?? [])];
    checkNames(named);
    const found = await find(client.home, request.id, call);
    const copies = await copiesNow(client, found, request, call);
    if (request.basis) requireKnownPlaces(request.basis, recordFrom(client, found, [...copies.keys()]), request.exactly);
    const names = wanted(request, [client.home.name, ...copies.keys()]);
    if (!names.has(client.home.name))
      throw conflictError(`cannot remove image ${request.id} from ${client.home.name}: it is the profile's own repository`, {
        hint: 'Delete the image with:',
        next: [{ verb: 'delete', image: request.id }],
      });
    const others = [...names].filter((name) => name !== client.home.name);
    const done: string[] = [];
    call.note({ kind: 'adding', places: others.filter((name) => !copies.has(name)) });
    try {
      for (const name of others) {
        await copyTo(client, client.repository(name), found, call);
        if (!copies.has(name)) done.push(`copied to ${name}`);
        noteUnnamed(client, name, request, call);
        client.watch(name);
      }
      for (const [name, copy] of copies) {
        if (names.has(name)) continue;
        await deleteManifest(client.repository(name), copy, call);
        done.push(`removed from ${name}`);
      }
    } catch (error) {
      if (done.length > 0)
        call.note({ kind: 'warning', message: `before that failed, image ${found.id} was ${done.join(', ')}` });
      throw error;
    }
    return recordFrom(client, found, others);
  },
};

function noteUnnamed({ places }: OciClient, name: string, request: ReplicateRequest, call: Call): void {
  if (places.has(name) || request.remove.includes(name)) return;
  call.note({
    kind: 'warning',
    message: `${name} is not in places of the profile: later runs do not see this copy, and delete leaves it there`,
  });
}

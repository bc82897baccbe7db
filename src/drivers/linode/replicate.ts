import { conflictError, usageError } from '../../core/errors.ts';
import type { PreparedTry } from '../../core/http.ts';
import type { ImageRecord } from '../../core/image.ts';
import { requireKnownPlaces } from '../../core/conflict.ts';
import { began } from '../../core/job-operation.ts';
import type { Operation, ReplicateRequest } from '../../core/operation.ts';
import { answeredImage, ask, imagePath, readImage, type LinodeClient } from './client.ts';
import { requireChangeable } from './fields.ts';
import { warnOfRegions } from './places.ts';

const ifMissing = 'The image may be gone, or there is no such region. List regions with: linode-cli regions list';

/** Sets the regions of an image. https://techdocs.akamai.com/linode-api/reference/post-replicate-image */
export const replicate: Operation<LinodeClient, 'replicate'> = {
  place: 'region',
  copies: 'same',
  later: true,

  async run(client, wish, call) {
    const { id, exactly } = wish;
    requireChangeable(id, 'replicate');
    if (exactly && exactly.every((region) => region === ''))
      throw usageError(`${id} has to stay in at least one region`, {
        hint: 'Remove it from all of them with:',
        next: [{ verb: 'delete', image: id }],
      });
    // The API takes the whole set and drops what is not in it, so the set is made from what is there right before each try.
    const now = await readImage(client, id, call);
    if (wish.basis) requireKnownPlaces(wish.basis, now, exactly);
    const wanted = wantedRegions(now, wish);
    if (!isChange(now, wanted)) return now;
    requireCopy(now, wanted);
    warnOfRegions(
      wanted.filter((region) => now.places.every((place) => place.name !== region)),
      call,
    );
    const isThere = present(now);
    call.note({ kind: 'adding', places: wanted.filter((region) => !isThere.includes(region)) });
    let looked: ImageRecord | undefined = now;
    const prepare = async (): Promise<PreparedTry> => {
      const there = looked ?? (await readImage(client, id, call));
      looked = undefined;
      requireKnownPlaces(wish.basis ?? now, there, exactly);
      const regions = wantedRegions(there, wish);
      requireCopy(there, regions);
      return { json: { regions } };
    };
    const request = {
      id,
      method: 'POST',
      path: `${imagePath(id)}/regions`,
      prepare,
      what: `replicating ${id}`,
      ifMissing,
    } as const;
    const answer = await ask(client, request, call);
    began(call, { verb: 'replicate', image: id });
    return answeredImage(client, answer, request, call);
  },
};

/** Regions that the image has or will have: those on their way out are not among them. */
const present = (now: ImageRecord): readonly string[] =>
  now.places.filter((place) => place.status !== 'deleting').map((place) => place.name);

/** The whole set that is to be, in the order of what is there. */
function wantedRegions(now: ImageRecord, request: ReplicateRequest): readonly string[] {
  if (request.exactly) return [...new Set(request.exactly)];
  const kept = present(now).filter((region) => !request.remove.includes(region));
  return [...new Set([...kept, ...request.add])];
}

/** A copy that failed and is still wanted is a change too: asking again is how it is tried again. */
function isChange(now: ImageRecord, wanted: readonly string[]): boolean {
  const there = present(now);
  const isFailed = now.places.some((place) => place.status === 'failed' && wanted.includes(place.name));
  return isFailed || there.length !== wanted.length || there.some((region) => !wanted.includes(region));
}

/** Throws CONFLICT when no copy that is complete now would be left: Linode copies from one of them. */
function requireCopy(now: ImageRecord, wanted: readonly string[]): void {
  const complete = now.places.filter((place) => place.status === 'active').map((place) => place.name);
  if (complete.some((region) => wanted.includes(region))) return;
  if (complete.length === 0)
    throw conflictError(`${now.id} is ${now.providerStatus} and not complete in any region yet: it cannot be replicated`, {
      hint: 'Wait for it with:',
      next: [{ verb: 'wait', image: now.id }],
    });
  throw conflictError(`this would remove ${now.id} from every region where it is complete now (${complete.join(', ')})`, {
    hint: 'Keep one of them until the others are complete, or delete the image with:',
    next: [{ verb: 'delete', image: now.id }],
  });
}

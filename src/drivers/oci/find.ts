import { channelText } from '../../core/channel.ts';
import { notFoundError } from '../../core/errors.ts';
import type { Call } from '../../core/operation.ts';
import { checkId } from '../_oci/ids.ts';
import { furtherTag } from './channel-tag.ts';
import { notOurs } from './foreign.ts';
import { lookUp } from './images.ts';
import type { Repository } from './repository.ts';
import { type Foreign, isOurs, type Found } from './tagged.ts';

/**
 * What stands under a tag. Throws USAGE for what cannot be an id, NOT_FOUND when there is nothing, and for the tag of a channel: what it
 * names has an id of its own.
 */
export async function findAny(repository: Repository, id: string, call: Call): Promise<Found | Foreign> {
  checkId(id);
  const found = await lookUp(repository, id, call);
  const channel = isOurs(found) ? (await furtherTag(repository, found, call))?.channel : undefined;
  if (found !== undefined && !channel) return found;
  if (channel)
    throw notFoundError(`${repository.shown}:${id} is the tag of the channel ${channelText(channel)}, and no image of its own`, {
      hint: 'Name the channel:',
      next: [{ verb: 'show', args: [channelText(channel)] }],
    });
  throw notFoundError(`image ${id} not found in ${repository.shown}`, {
    hint: 'List images with:',
    next: [{ verb: 'list' }],
  });
}

/** An image of ours, which may be changed. As `findAny`; throws CONFLICT or UNSUPPORTED for what another tool has made. */
export async function find(repository: Repository, id: string, call: Call): Promise<Found> {
  const found = await findAny(repository, id, call);
  if (isOurs(found)) return found;
  throw notOurs(repository, found);
}

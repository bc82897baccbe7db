import { channelText, type Channel } from '../../core/channel.ts';
import { conflictError, notFoundError } from '../../core/errors.ts';
import { commandLine } from '../../core/hint.ts';
import type { Image } from '../../core/image.ts';
import { channelProperty, channelsOf, marksOf } from '../../core/marks.ts';
import type { Call } from '../../core/operation.ts';
import type { Account, Reach } from '../account/account.ts';
import { listing, wholeListing, type Listing } from '../images/list.ts';
import { stateOf, type ChannelState } from './state.ts';

/** Whether images of an account can say what they are to a channel. */
export const keepsChannels = (at: Pick<Account, 'driver'>): boolean =>
  at.driver.facts.patch?.fields.includes('properties') === true;

type Circle = Pick<Listing, 'scope' | 'filters'>;
const own: Circle = { scope: 'own', filters: {} };
/** What others share, and what is public. */
const further = {
  shared: { scope: 'mine', filters: {} },
  public: { scope: 'all', filters: { visibility: 'public' } },
} as const satisfies Readonly<Record<string, Circle>>;

/** Images of a circle that say something of channels. */
async function channelImages(at: Account, { scope, filters }: Circle, call: Call): Promise<readonly Image[]> {
  const found: Image[] = [];
  for await (const image of listing(at, { ...wholeListing, scope, filters, hidden: true }, call))
    if (image.status !== 'deleted' && image.status !== 'deleting' && channelsOf(image).size > 0) found.push(image);
  return found;
}

/** One's own images that say something of channels. */
export const ownChannelImages = (at: Account, call: Call): Promise<readonly Image[]> => channelImages(at, own, call);

/** A list is read page by page, and a channel may move from what was not read yet to what was read before: then it is read again. */
const mostReads = 4;

/** How a channel stands among one's own images. */
export async function ownState(at: Account, channel: Channel, call: Call): Promise<ChannelState> {
  let state = stateOf(await ownChannelImages(at, call), channel);
  for (let reads = 1; reads < mostReads && !state.isWhole; reads += 1) state = stateOf(await ownChannelImages(at, call), channel);
  return state;
}

/**
 * The image that a channel points to: among one's own, then, where the reach goes on and the provider can be asked for it alone, among
 * those of others. Absent: nobody has such a channel. Throws NOT_FOUND where its target is gone, CONFLICT where that was revoked, or where
 * it is not clear whose channel is meant.
 */
export async function channelTarget(at: Account, channel: Channel, reach: Reach, call: Call): Promise<Image | undefined> {
  const list = at.maybe('list');
  if (!list || !keepsChannels(at)) return undefined;
  const canAsk = list.filters.includes('properties');
  const only = { properties: { [channelProperty(channel.channel)]: channel.name } };
  const asked = canAsk ? stateOf(await channelImages(at, { ...own, filters: only }, call), channel) : undefined;
  const state = asked?.target ? asked : await ownState(at, channel, call);
  if (state.target) return usable(at, state.target.image, channel);
  if (state.history.length > 0 && !state.isDeleted) throw lost(at, state);
  if (reach === 'own' || !canAsk) return undefined;
  for (const circle of list.others ?? []) {
    const { scope, filters } = further[circle];
    const images = await channelImages(at, { scope, filters: { ...filters, ...only } }, call);
    const owners = new Set(images.map(({ owner }) => owner));
    if (owners.size > 1)
      throw conflictError(`${channelText(channel)} is a channel of ${owners.size} owners`, {
        hint: ['Use an id:', ...images.map(({ id, owner = '-' }) => `  ${id}  ${owner}`)].join('\n'),
      });
    const { target } = stateOf(images, channel);
    if (target) return usable(at, target.image, channel);
  }
  return undefined;
}

function usable(at: Account, image: Image, channel: Channel): Image {
  const { revoked } = marksOf(image);
  if (revoked === undefined) return image;
  const setting = commandLine({ verb: 'channel set', args: [channelText(channel), { inProfile: 'IMAGE' }] }, at);
  throw conflictError(`${channelText(channel)} is ${image.id}, which was revoked: ${revoked}`, {
    hint: `Set the channel to another image with: ${setting}`,
  });
}

const lost = (at: Account, { channel }: ChannelState): Error => {
  const rollback = commandLine({ verb: 'channel rollback', args: [channelText(channel)] }, at);
  return notFoundError(`the image that ${channelText(channel)} pointed to in ${at.profile} is gone`, {
    hint: `Restore the one before with: ${rollback}`,
  });
};

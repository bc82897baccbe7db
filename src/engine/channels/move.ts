import { channelText, type Channel } from '../../core/channel.ts';
import { conflictError, ImgctlError, unsupportedError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import { channelsOf, marksOf } from '../../core/marks.ts';
import type { Call, Changes } from '../../core/operation.ts';
import type { Account } from '../account/account.ts';
import { pointing, silencing, type Move } from './changes.ts';
import { keepsChannels, ownChannelImages } from './look.ts';
import { project } from './project.ts';
import { standingIn, stateOf, type ChannelState } from './state.ts';

/** So often others may come between. */
const mostTries = 5;

/** Throws UNSUPPORTED where no image can say what it is to a channel. */
export function requireChannels(at: Account): void {
  if (keepsChannels(at)) return;
  throw unsupportedError(`${at.provider} keeps no properties, by which channels point to images`, {
    profile: at.profile,
    provider: at.provider,
  });
}

/** Throws CONFLICT for what cannot be the target of a channel: nobody could use it. */
export function requirePossible(image: Image, { name, channel }: Channel): void {
  const { revoked } = marksOf(image);
  if (revoked !== undefined) throw conflictError(`image ${image.id} was revoked: ${revoked}`, { hint: 'Choose another image.' });
  if (image.status !== 'active')
    throw conflictError(`image ${image.id} is ${image.status}, and a channel points to active images only`, {
      hint: 'Look at it with:',
      next: [{ verb: 'show', image: image.id }],
    });
  const other = channelsOf(image).get(channel)?.target;
  if (other !== undefined && other !== name)
    throw conflictError(`image ${image.id} is ${channelText({ name: other, channel })} already`, {
      hint: 'Choose another channel: in each an image has one name.',
    });
}

/**
 * Points a channel to an image: with one write, from which on it counts, whoever looks. What was the target before is told afterwards to say
 * so no more, once what other tools find it by has followed; a run that is killed in between leaves that to the next one. Gives the image as it is then. Throws CONFLICT where somebody
 * else has moved the channel meanwhile: then that counts.
 */
export async function movedTo(at: Account, state: ChannelState, move: Move, call: Call): Promise<Image> {
  const { channel, image } = move;
  const isThere = state.target?.image.id === image.id;
  const now = isThere ? state.target.image : await marked(at, state, move, call);
  const last = await followed(at, channel, now, call);
  if (last.id === image.id) return now;
  throw movedMeanwhile(at, channel, last);
}

/**
 * Lets what follows the channel at its provider lead to the target, then tells the others that they are it no more; gives the target. Who is
 * killed in between leaves one of them that says so still, by which the next run knows. Whoever has moved the channel on meanwhile may have been
 * overtaken here: then it is led on.
 */
async function followed(at: Account, channel: Channel, written: Image, call: Call): Promise<Image> {
  let target = written;
  for (let tries = 1; ; tries += 1) {
    await project(at, channel, target, call);
    const last = await silenced(at, channel, written, call);
    if (last.id === target.id || tries >= mostTries) return last;
    target = last;
  }
}

/** Somebody else has moved a channel while it was worked at. */
export const movedMeanwhile = ({ profile }: Account, channel: Channel, { id }: Image): ImgctlError =>
  conflictError(`${channelText(channel)} was pointed to ${id} in ${profile} by another client meanwhile`, {
    hint: 'Look at it with:',
    next: [{ verb: 'channel show', args: [channelText(channel)] }],
  });

/** The one write that moves it. */
async function marked(at: Account, { next }: ChannelState, { image, channel, ...move }: Move, call: Call): Promise<Image> {
  const basis = await at.verb('show').run({ id: image.id }, call);
  requirePossible(basis, channel);
  return patched(at, basis, pointing(basis, next, { channel, ...move }), call);
}

const patched = (at: Account, basis: Image, changes: Changes, call: Call): Promise<Image> =>
  at.verb('patch').run({ id: basis.id, changes, basis, extras: {} }, call);

/** Tells all but the target that they are it no more, and gives the target. `written`: an image that a list may not show as it is yet. */
export async function silenced(at: Account, channel: Channel, written: Image | undefined, call: Call): Promise<Image> {
  for (let tries = 1; ; tries += 1) {
    const images = withWritten(await ownChannelImages(at, call), channel, written);
    const { target, superseded } = stateOf(images, channel);
    if (!target) throw new ImgctlError('INTERNAL', `${channelText(channel)} has no target after it was set`);
    try {
      for (const { image } of superseded) await patched(at, image, silencing(image, channel), call);
      return target.image;
    } catch (error) {
      const isOther = error instanceof ImgctlError && error.code === 'CONFLICT';
      if (!isOther || tries >= mostTries) throw error;
    }
  }
}

function withWritten(images: readonly Image[], channel: Channel, written: Image | undefined): readonly Image[] {
  if (!written) return images;
  const numberOf = (image: Image): number => standingIn(image, channel)?.stints[0]?.number ?? 0;
  const seen = images.find(({ id }) => id === written.id);
  if (seen && numberOf(seen) >= numberOf(written)) return images;
  return [...images.filter((one) => one !== seen), written];
}

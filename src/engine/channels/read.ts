import { channelText, type Channel } from '../../core/channel.ts';
import type { ChannelHistoryRow, ChannelRow } from '../../core/channel-row.ts';
import { ImgctlError, notFoundError, partialError } from '../../core/errors.ts';
import type { Call } from '../../core/operation.ts';
import type { Account } from '../account/account.ts';
import { allOf, inParallel } from '../concurrency.ts';
import type { EngineContext } from '../context.ts';
import { inEach, naming, type Where } from './each.ts';
import { ownChannelImages, ownState } from './look.ts';
import { requireChannels } from './move.ts';
import { followerOf } from './project.ts';
import { channelRow, historyRows } from './rows.ts';
import { channelsAmong, stateOf } from './state.ts';

/** All channels of the profiles that pass, by profile and name. */
export const listChannels = (
  where: Where,
  passes: (profile: string, channel: Channel) => boolean,
  context: EngineContext,
): Promise<readonly ChannelRow[]> =>
  read(
    where,
    async (at, call) => {
      requireChannels(at);
      const images = await ownChannelImages(at, call);
      const channels = channelsAmong(images).filter((channel) => passes(at.profile, channel));
      const rows = inParallel(context.settings.concurrencyLimit, channels, async (channel) =>
        channelRow(at, stateOf(images, channel), await followerOf(at, channel, call)),
      );
      return (await allOf(rows)).flatMap((row) => row ?? []);
    },
    context,
  );

/** How a channel stands in each profile. Throws NOT_FOUND where none has it. */
export const showChannel = (channel: Channel, where: Where, context: EngineContext): Promise<readonly ChannelRow[]> =>
  read(
    where,
    async (at, call) => {
      requireChannels(at);
      const row = channelRow(at, await ownState(at, channel, call), await followerOf(at, channel, call));
      if (!row) throw noSuchChannel(at, channel);
      return [row];
    },
    context,
  );

/** What a channel has pointed to in each profile, the newest first. Throws as `showChannel`. */
export const channelHistory = (channel: Channel, where: Where, context: EngineContext): Promise<readonly ChannelHistoryRow[]> =>
  read(
    where,
    async (at, call) => {
      requireChannels(at);
      const state = await ownState(at, channel, call);
      if (!state.target && state.history.length === 0) throw noSuchChannel(at, channel);
      return historyRows(at.profile, state);
    },
    context,
  );

export const noSuchChannel = ({ profile }: Pick<Account, 'profile'>, channel: Channel): ImgctlError =>
  notFoundError(`no such channel in ${profile}: ${channelText(channel)}`, {
    profile,
    hint: 'List channels with:',
    next: [{ verb: 'channel list' }],
  });

async function read<T>(
  where: Where,
  work: (at: Account, call: Call) => Promise<readonly T[]>,
  context: EngineContext,
): Promise<readonly T[]> {
  const rows: T[] = [];
  let failed = 0;
  for (const { profile, answer } of await inEach(where, work, context))
    if (answer instanceof ImgctlError) {
      failed += 1;
      await context.report(naming(profile, answer));
    } else rows.push(...answer);
  if (failed > 0) await context.report(partialError(`${failed} of ${where.profiles.length} profiles failed`));
  return rows;
}

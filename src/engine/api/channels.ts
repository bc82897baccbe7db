import type { Action } from '../../core/action.ts';
import { channelOf, reasonText } from '../../core/channel.ts';
import type { ChannelChangeRow, ChannelHistoryRow, ChannelRow } from '../../core/channel-row.ts';
import { usageError } from '../../core/errors.ts';
import { given } from '../../core/image.ts';
import { userName } from '../../host/user-name.ts';
import type { Account as EngineAccount } from '../account/account.ts';
import type { Where } from '../channels/each.ts';
import { deleteChannel as endChannel } from '../channels/delete.ts';
import { channelHistory as historyOf, listChannels, showChannel } from '../channels/read.ts';
import { revoke as revokeContent } from '../channels/revoke.ts';
import { rollbackChannel as rollBack } from '../channels/rollback.ts';
import { setChannel as pointChannel, type Occasion } from '../channels/set.ts';
import type { Change } from '../operations/change.ts';
import { readable, type Account } from './account.ts';
import { changing, type ChangingCall } from './change.ts';
import { engineOf, quiet, type Context } from './context.ts';
import { found, type ImageInput } from './images.ts';
import { waitLimits, type WaitOptions } from './wait-options.ts';

/** A channel of an account. */
export interface ChannelInput {
  /** `NAME@CHANNEL`. */
  readonly channel: string;
}

/** A channel that is moved: by whom, and why, for its history. */
export interface ChannelChangeInput extends ChannelInput {
  /** Absent: the user that the program runs as. */
  readonly by?: string | undefined;
  readonly reason?: string | undefined;
}

export interface SetChannelInput extends ChannelChangeInput, ImageInput {}

export interface RevokeInput extends ImageInput, WaitOptions {
  readonly reason: string;
  /** Absent: the user that the program runs as. */
  readonly by?: string | undefined;
}

/** The channels of an account and what each points to; only that one where it is named. Throws NOT_FOUND where it is not there. */
export const channels = (
  account: Account,
  { channel }: Partial<ChannelInput>,
  context: Context,
): Promise<readonly ChannelRow[]> => {
  const engine = engineOf(context);
  const where = only(readable(account));
  return quiet(engine, async () =>
    channel === undefined ? listChannels(where, () => true, engine) : showChannel(channelOf(channel), where, engine),
  );
};

/** What a channel has pointed to, the newest first. */
export const channelHistory = (
  account: Account,
  { channel }: ChannelInput,
  context: Context,
): Promise<readonly ChannelHistoryRow[]> =>
  quiet(engineOf(context), async () => historyOf(channelOf(channel), only(readable(account)), engineOf(context)));

/** Points a channel to an image of the account. */
export const setChannel: ChangingCall<SetChannelInput, readonly ChannelChangeRow[]> = changing(
  'setChannel',
  async ({ at, engine }, { channel: text, ...input }) => {
    const channel = channelOf(text);
    const occasion = occasionOf(input);
    const { image } = await found(at, input, engine);
    const source = await at.memory.recall(image);
    return told('channel set', at, () => pointChannel(channel, source, only(at), occasion, engine));
  },
);

/** Points a channel to what it pointed to before. */
export const rollbackChannel: ChangingCall<ChannelChangeInput, readonly ChannelChangeRow[]> = changing(
  'rollbackChannel',
  async ({ at, engine }, { channel: text, ...input }) => {
    const channel = channelOf(text);
    const occasion = occasionOf(input);
    return told('channel rollback', at, () => rollBack(channel, only(at), occasion, engine));
  },
);

/** Deletes a channel, once `confirm` of the context agrees; its image and its history stay. */
export const deleteChannel: ChangingCall<ChannelChangeInput, readonly ChannelChangeRow[]> = changing(
  'deleteChannel',
  async ({ at, engine }, { channel: text, ...input }) => {
    const channel = channelOf(text);
    const occasion = occasionOf(input);
    return told('channel delete', at, () => endChannel(channel, only(at), occasion, engine));
  },
);

/** Takes what an image holds out of use in the account, once `confirm` of the context agrees. */
export const revoke: ChangingCall<RevokeInput, readonly ChannelChangeRow[]> = changing(
  'revoke',
  async ({ at, engine }, input) => {
    const { by, reason = '' } = occasionOf({ by: input.by, reason: input.reason });
    const wishes = { ...waitLimits(input), ...given({ wait: input.wait }), by, reason };
    const { image } = await found(at, input, engine);
    const meant = { at, image, typed: input.image };
    return told('channel revoke', at, () => revokeContent(meant, only(at), wishes, engine));
  },
);

const only = (at: EngineAccount): Where => ({ profiles: [{ profile: at.profile, at }], isWide: false });

/** Both as they are kept: a log has to fit into a property. Throws USAGE for an empty reason. */
function occasionOf({ by = userName(), reason }: Occasion): Occasion {
  const why = reason === undefined ? undefined : reasonText(reason);
  if (why === '') throw usageError('reason must not be empty');
  return { by: by === undefined ? undefined : reasonText(by), reason: why };
}

/** In a dry run the work says what it would do, and does nothing. */
function told(
  verb: string,
  { provider }: EngineAccount,
  work: () => Promise<readonly ChannelChangeRow[]>,
): Change<readonly ChannelChangeRow[]> {
  const action = ({ channel, profile, id, name, message }: ChannelChangeRow): Action => ({
    verb,
    risk: channel === undefined ? 'deactivate' : 'property',
    profile,
    provider,
    ...given<Partial<Action>>({
      image: id,
      name,
      labels: channel === undefined ? undefined : { channel },
      steps: message === undefined ? undefined : [message],
    }),
  });
  return { plan: async () => (await work()).map(action), perform: work };
}

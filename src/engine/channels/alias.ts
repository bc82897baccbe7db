import { channelText, type Channel } from '../../core/channel.ts';
import type { Image } from '../../core/image.ts';
import type { Account } from '../account/account.ts';

/** Whether other tools find the target of a channel by an alias, where the provider has one for it: a run that was killed may not have got so far. */
export const isFollowed = ({ driver }: Account, { aliases = [] }: Image, channel: Channel): boolean =>
  !driver.channelsAreAliases || aliases.includes(channelText(channel));

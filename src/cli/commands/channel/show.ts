import { showChannel } from '../../../engine/channels/read.ts';
import { channelView } from '../../../ui/views/channel.ts';
import { channelOptions, channelTyped, offered, whereMeant } from '../../options/channels.ts';
import { defineCommand } from '../../program/command.ts';
import { many, one } from '../../program/outcome.ts';

export const show = defineCommand({
  about:
    'A row for each profile, an object where it is one. With -o wide and -o json also by what other tools find it, and whether that lags behind. The image itself is shown by imgctl show NAME@CHANNEL.',
  args: { channel: { takes: 'required', summary: 'NAME@CHANNEL, optionally as PROFILE:NAME@CHANNEL', completes: 'channel' } },
  options: channelOptions,
  needs: { at: ['list', 'show'] },
  draws: () => channelView,
  isHarmless: true,
  examples: [
    { does: 'what is stable', type: 'imgctl channel show web@stable' },
    { does: 'in every profile that has it', type: 'imgctl channel show web@stable -A' },
  ],
  async run(input, context) {
    const { channel, profile } = channelTyped(input.channel, context);
    const where = await whereMeant({ profile, allProfiles: input.allProfiles }, context);
    const rows = await offered(await showChannel(channel, where, context), context);
    const [only] = rows;
    return only && where.profiles.length === 1 ? one(channelView, only) : many(channelView, rows);
  },
});

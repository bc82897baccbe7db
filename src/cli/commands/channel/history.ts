import { channelHistory } from '../../../engine/channels/read.ts';
import { channelHistoryView } from '../../../ui/views/channel.ts';
import { channelOptions, channelTyped, whereMeant } from '../../options/channels.ts';
import { defineCommand } from '../../program/command.ts';
import { many } from '../../program/outcome.ts';

export const history = defineCommand({
  about:
    'The newest first: which image it was, since when, by whom and why. It is kept at the images: of one that is deleted nothing is known, and of one ' +
    'that was the target often only the latest times are kept.',
  args: { channel: { takes: 'required', summary: 'NAME@CHANNEL, optionally as PROFILE:NAME@CHANNEL', completes: 'channel' } },
  options: channelOptions,
  needs: { at: ['list', 'show'] },
  draws: () => channelHistoryView,
  isHarmless: true,
  examples: [
    { does: 'what was stable when', type: 'imgctl channel history web@stable' },
    { does: 'in every profile that has it, as JSON', type: 'imgctl channel history web@stable -A -o json' },
  ],
  async run(input, context) {
    const { channel, profile } = channelTyped(input.channel, context);
    const where = await whereMeant({ profile, allProfiles: input.allProfiles }, context);
    return many(channelHistoryView, await channelHistory(channel, where, context));
  },
});

import { deleteChannel } from '../../../engine/channels/delete.ts';
import { userName } from '../../../host/user-name.ts';
import { channelChangeView } from '../../../ui/views/channel.ts';
import { channelOptions, channelTyped, offered, reasonOption, reasonTyped, whereMeant } from '../../options/channels.ts';
import { defineCommand } from '../../program/command.ts';
import { many } from '../../program/outcome.ts';

export const remove = defineCommand({
  about:
    'NAME@CHANNEL means no image any more, and what it pointed to is no longer kept by it. The image stays as it is, and so does the history: channel rollback, ' +
    'channel set and imgctl ops undo bring the channel back. Asks for confirmation; without a terminal --yes is required.',
  args: { channel: { takes: 'required', summary: 'NAME@CHANNEL, optionally as PROFILE:NAME@CHANNEL', completes: 'channel' } },
  options: { ...channelOptions, reason: reasonOption },
  draws: () => channelChangeView,
  needs: { at: ['list', 'show', 'patch'] },
  examples: [
    { does: 'a channel that was mistyped', type: 'imgctl channel delete web@stabel --yes' },
    { does: 'what would go, in every profile', type: 'imgctl channel delete web@beta -A --dry-run' },
  ],
  async run(input, context) {
    const { channel, profile } = channelTyped(input.channel, context);
    const reason = reasonTyped(input.reason);
    const where = await whereMeant({ profile, allProfiles: input.allProfiles }, context);
    const rows = await deleteChannel(channel, where, { by: userName(), reason }, context);
    return many(channelChangeView, await offered(rows, context, true));
  },
});

import { rollbackChannel } from '../../../engine/channels/rollback.ts';
import { userName } from '../../../host/user-name.ts';
import { channelChangeView } from '../../../ui/views/channel.ts';
import { channelOptions, channelTyped, offered, reasonOption, reasonTyped, whereMeant } from '../../options/channels.ts';
import { defineCommand } from '../../program/command.ts';
import { many } from '../../program/outcome.ts';

export const rollback = defineCommand({
  about:
    'To what was the target before, or what was before that, whatever is active and was not revoked; a second rollback leads further back, and ' +
    'none to what was gone back from. Over several profiles nothing is changed where that is not the same content in all of them; of a run ' +
    'that was broken off, the next one does the rest.',
  args: { channel: { takes: 'required', summary: 'NAME@CHANNEL, optionally as PROFILE:NAME@CHANNEL', completes: 'channel' } },
  options: { ...channelOptions, reason: reasonOption },
  draws: () => channelChangeView,
  needs: { at: ['list', 'show', 'patch'] },
  examples: [
    { does: 'the one before is stable again', type: 'imgctl channel rollback web@stable --reason "does not boot"' },
    { does: 'what that would be, in every profile', type: 'imgctl channel rollback web@stable -A --dry-run' },
  ],
  async run(input, context) {
    const { channel, profile } = channelTyped(input.channel, context);
    const reason = reasonTyped(input.reason);
    const where = await whereMeant({ profile, allProfiles: input.allProfiles }, context);
    const rows = await rollbackChannel(channel, where, { by: userName(), reason }, context);
    return many(channelChangeView, await offered(rows, context));
  },
});

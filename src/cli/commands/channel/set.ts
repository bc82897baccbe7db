import { usageError } from '../../../core/errors.ts';
import type { Account } from '../../../engine/account/account.ts';
import { onlyProfile } from '../../../engine/account/registry.ts';
import { setChannel } from '../../../engine/channels/set.ts';
import type { Meaning } from '../../../engine/images/resolve.ts';
import { userName } from '../../../host/user-name.ts';
import { channelChangeView } from '../../../ui/views/channel.ts';
import { channelOptions, channelTyped, offered, reasonOption, reasonTyped, whereMeant } from '../../options/channels.ts';
import { imageMeant } from '../../options/targets.ts';
import { defineCommand } from '../../program/command.ts';
import { many } from '../../program/outcome.ts';

export const set = defineCommand({
  about:
    'From then on NAME@CHANNEL is that image, wherever a name is taken: imgctl download web@stable. It moves with one write, so that whoever looks meanwhile ' +
    'gets the old target or the new one. With -p or -A it moves in those profiles, in each to the image with the same content. ' +
    'It stands in the property imgctl.channel.CHANNEL of the image, whose value is NAME. Where the provider has something by which other tools find images, such as a ' +
    'tag or an alias, that follows: channel show tells what. A target is neither deleted, deactivated nor pruned.',
  args: {
    channel: { takes: 'required', summary: 'NAME@CHANNEL, such as web@stable', completes: 'channel' },
    image: {
      takes: 'required',
      summary: 'id, name or NAME@CHANNEL, optionally as PROFILE:NAME',
      completes: 'image',
      isOfAnyProfile: true,
    },
  },
  options: { latest: { kind: 'flag', summary: 'use the newest active match' }, ...channelOptions, reason: reasonOption },
  draws: () => channelChangeView,
  needs: { from: ['list', 'show'], at: ['list', 'show', 'patch'] },
  examples: [
    { does: 'what is tested becomes stable', type: 'imgctl channel set web@stable pcd:web-20261129' },
    {
      does: 'in every cloud that has it',
      type: 'imgctl channel set web@stable pcd:web@candidate -p pcd -p reg --reason "passed 1204"',
    },
  ],
  async run(input, context) {
    const { directory, settings } = context;
    const { channel, profile } = channelTyped(input.channel, context);
    const reason = reasonTyped(input.reason);
    const reference = directory.reference(input.image);
    if (profile !== undefined && reference.profile !== undefined && profile !== reference.profile)
      throw usageError('the channel and the image are of two profiles', { hint: 'Name the profiles of the channel with -p.' });
    const from = reference.profile ?? profile ?? onlyProfile(directory, settings.profile);
    const isElsewhere = settings.isProfileTyped || input.allProfiles;
    const where = await whereMeant({ profile: isElsewhere ? profile : from, allProfiles: input.allProfiles }, context);
    const source = (await context.at('from', from)) as Account;
    const meaning: Meaning = { reach: isElsewhere ? 'readable' : 'own', ...(input.latest ? { pick: 'latest' } : {}) };
    const { image } = await imageMeant(source, reference, meaning, directory, context.call());
    const rows = await setChannel(channel, await source.memory.recall(image), where, { by: userName(), reason }, context);
    return many(channelChangeView, await offered(rows, context));
  },
});

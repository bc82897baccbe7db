import { channelText } from '../../../core/channel.ts';
import { globPattern } from '../../../core/glob.ts';
import { chosenProfiles } from '../../../engine/account/registry.ts';
import { withRegions } from '../../../engine/account/region.ts';
import { listChannels } from '../../../engine/channels/read.ts';
import { channelView } from '../../../ui/views/channel.ts';
import { channelOptions, offered, opened, whereMeant } from '../../options/channels.ts';
import { wordsByProfile } from '../../options/globs.ts';
import { defineCommand } from '../../program/command.ts';
import { many } from '../../program/outcome.ts';

export const list = defineCommand({
  args: { glob: { takes: 'any', summary: 'names or globs of NAME@CHANNEL, also as PROFILE:GLOB', completes: 'channel' } },
  options: channelOptions,
  needs: { at: ['list', 'show'] },
  draws: () => channelView,
  isHarmless: true,
  examples: [
    { does: 'all channels of a profile', type: 'imgctl channel list -p pcd' },
    { does: 'what is stable in every cloud', type: "imgctl channel list '*@stable' -A" },
  ],
  async run({ glob, allProfiles }, context) {
    const { directory, settings } = context;
    const { isWide, profiles } = await whereMeant({ allProfiles }, context);
    const selected = (): readonly string[] => (allProfiles ? directory.all : chosenProfiles(directory, settings.profile));
    const words = wordsByProfile({ words: glob, selected }, directory);
    const named = await withRegions([...words.keys()], context);
    const there = await Promise.all(
      named.map(async (profile) => profiles.find((one) => one.profile === profile) ?? opened(profile, context)),
    );
    const patterns = new Map([...words].map(([profile, each]) => [profile, each.map((word) => globPattern(word))]));
    const rows = await listChannels(
      { isWide, profiles: there },
      (profile, channel) => {
        const wanted = patterns.get(profile) ?? [];
        return wanted.length === 0 || wanted.some((pattern) => pattern.test(channelText(channel)));
      },
      context,
    );
    return many(channelView, await offered(rows, context));
  },
});

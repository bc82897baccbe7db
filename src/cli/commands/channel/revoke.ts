import { usageError } from '../../../core/errors.ts';
import type { Account } from '../../../engine/account/account.ts';
import { onlyProfile } from '../../../engine/account/registry.ts';
import { revoke as revokeContent } from '../../../engine/channels/revoke.ts';
import { userName } from '../../../host/user-name.ts';
import { channelChangeView } from '../../../ui/views/channel.ts';
import { channelOptions, offered, reasonOption, reasonTyped, whereMeant } from '../../options/channels.ts';
import { imageMeant } from '../../options/targets.ts';
import { waitOptions } from '../../options/wait.ts';
import { defineCommand } from '../../program/command.ts';
import { many } from '../../program/outcome.ts';

export const revoke = defineCommand({
  about:
    'Every image with that content, in the profiles of -p or -A, is marked with the reason, which show prints (imgctl.revoked), and deactivated; where the ' +
    'provider cannot, it is hidden, or only marked. Channels that point to it go back to what they pointed to before. Where that is nothing, ' +
    'NAME@CHANNEL is refused from then on, with the reason. Servers that run go on. ' +
    'It is taken back with patch IMAGE --remove-property imgctl.revoked, and reactivate IMAGE. Asks for confirmation; without a terminal --yes is required.',
  args: {
    image: {
      takes: 'required',
      summary: 'id, name or NAME@CHANNEL, optionally as PROFILE:NAME',
      completes: 'image',
      isOfAnyProfile: true,
    },
  },
  options: { ...channelOptions, reason: { ...reasonOption, summary: 'why (required)' }, ...waitOptions },
  draws: () => channelChangeView,
  needs: { at: ['list', 'show', 'patch'] },
  examples: [
    { does: 'a bad image goes out of use', type: 'imgctl channel revoke web-20261129 --reason CVE-2026-1234 --yes' },
    {
      does: 'what is stable, in every profile',
      type: 'imgctl channel revoke pcd:web@stable -A --reason "private key inside" --dry-run',
    },
  ],
  async run(input, context) {
    const reason = reasonTyped(input.reason);
    if (reason === undefined) throw usageError('--reason is required', { hint: 'Say why, such as --reason CVE-2026-1234.' });
    const { directory, settings } = context;
    const reference = directory.reference(input.image);
    const from = reference.profile ?? onlyProfile(directory, settings.profile);
    const isElsewhere = settings.isProfileTyped || input.allProfiles;
    const where = await whereMeant(
      isElsewhere ? { allProfiles: input.allProfiles } : { profile: from, allProfiles: false },
      context,
    );
    const source = (await context.at('at', from)) as Account;
    const { image } = await imageMeant(source, reference, {}, directory, context.call());
    const meant = { at: source, image, typed: reference.image };
    const rows = await revokeContent(meant, where, { ...input, reason, by: userName() }, context);
    return many(channelChangeView, await offered(rows, context));
  },
});

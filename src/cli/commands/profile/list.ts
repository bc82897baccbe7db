import { profileView } from '../../../ui/views/profile.ts';
import { defineCommand } from '../../command.ts';
import { many } from '../../outcome.ts';
import { shownProfile } from '../../profile-fields.ts';

export const list = defineCommand({
  args: {},
  options: {},
  needs: {},
  examples: [
    { does: 'all profiles, the current one marked', type: 'imgctl profile list' },
    { does: 'their names, for a script', type: 'imgctl profile list -o id' },
  ],
  async run(_input, context) {
    return many(profileView, await Promise.all(context.directory.all.map((name) => shownProfile(name, context))));
  },
});

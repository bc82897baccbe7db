import { profileView } from '../../../ui/views/profile.ts';
import { defineCommand } from '../../program/command.ts';
import { one } from '../../program/outcome.ts';
import { profileRow } from '../../options/profile-fields.ts';

export const show = defineCommand({
  args: { name: { takes: 'optional', summary: 'profile (default: the current one)', completes: 'profile' } },
  options: {},
  needs: {},
  examples: [
    { does: 'the current profile', type: 'imgctl profile show' },
    { does: 'another, as JSON', type: 'imgctl profile show pcd -o json' },
  ],
  run: async (input, context) => one(profileView, await profileRow(input.name ?? context.directory.current, context)),
});

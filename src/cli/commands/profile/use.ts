import { profileView } from '../../../ui/views/profile.ts';
import { defineCommand } from '../../program/command.ts';
import { afterWriting } from './written.ts';

export const use = defineCommand({
  args: { name: { takes: 'required', summary: 'profile', completes: 'profile' } },
  options: {},
  draws: () => profileView,
  needs: {},
  examples: [
    { does: 'work with a cloud from now on', type: 'imgctl profile use pcd' },
    { does: 'back to the local store', type: 'imgctl profile use local' },
  ],
  async run(input, context) {
    const { name } = context.directory.entry(input.name);
    return afterWriting(name, await context.store.change((book) => ({ ...book, current: name })), context);
  },
});

import { versionView } from '../../ui/views/version.ts';
import { defineCommand } from '../program/command.ts';
import { one, plainText } from '../program/outcome.ts';

export const version = defineCommand({
  args: {},
  options: {},
  needs: {},
  examples: [
    { does: 'which version this is', type: 'imgctl version' },
    { does: 'for a script', type: 'imgctl version -o json' },
  ],
  async run(_input, context) {
    const { format } = context.settings;
    return format === 'table' ? plainText(`imgctl ${context.version}\n`) : one(versionView, { version: context.version });
  },
});

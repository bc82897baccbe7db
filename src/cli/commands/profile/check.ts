import { defineView } from '../../../ui/view.ts';
import { defineCommand } from '../../command.ts';
import { onlyProfile } from '../../directory.ts';
import { one } from '../../outcome.ts';
import { checkProfile, type Checked } from '../../profile-check.ts';

const parts = (value: unknown) => Object.entries(value as Readonly<Record<string, string>>);

const checkedView = defineView<Checked>({
  name: 'profiles',
  columns: {
    profile: { value: (found) => found.profile, kind: 'id' },
    provider: { value: (found) => found.provider },
    who: { value: (found) => found.who },
    details: { value: (found) => found.details, parts },
    verbs: { value: (found) => found.verbs.join(' ') },
    missing: { value: (found) => found.missing, parts },
    warnings: { value: (found) => (found.warnings.length > 0 ? found.warnings.join('; ') : undefined) },
  },
  usual: ['profile', 'provider', 'who', 'details', 'verbs', 'missing', 'warnings'],
  wide: ['profile', 'provider', 'who', 'details', 'verbs', 'missing', 'warnings'],
  id: (found) => found.profile,
  json: (found) => found,
});

export const check = defineCommand({
  args: { name: { takes: 'optional', summary: 'profile; the current one if none is named', completes: 'profile' } },
  options: {},
  needs: { at: ['list'] },
  examples: [
    { does: 'does the profile work', type: 'imgctl profile check pcd' },
    { does: 'in CI, before anything else', type: 'imgctl profile check pcd -o json' },
  ],
  async run(input, context) {
    const name = input.name ?? onlyProfile(context.directory, context.settings.profile);
    return one(checkedView, await checkProfile(await context.at('at', name), context));
  },
});

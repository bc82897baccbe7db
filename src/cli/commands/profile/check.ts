import { isGlob } from '../../../core/glob.ts';
import { defineView } from '../../../ui/view.ts';
import { defineCommand } from '../../program/command.ts';
import { many, one } from '../../program/outcome.ts';
import { chosenProfiles } from '../../../engine/account/registry.ts';
import { withRegions } from '../../../engine/account/region.ts';
import { checkProfile, type ProfileCheck } from '../../../engine/account/check.ts';
import { sideBySide } from './side-by-side.ts';

const parts = (value: unknown) => Object.entries(value as Readonly<Record<string, string>>);

const checkedView = defineView<ProfileCheck>({
  name: 'profiles',
  columns: {
    profile: { value: (found) => found.profile, kind: 'id' },
    provider: { value: (found) => found.provider },
    who: { value: (found) => found.who },
    details: { value: (found) => found.details, parts },
    verbs: { value: (found) => found.verbs.join(' ') },
    missing: { value: (found) => found.missing, parts },
    warnings: { value: (found) => (found.warnings.length > 0 ? found.warnings.join('; ') : undefined) },
    tookMs: { value: (found) => found.tookMs, kind: 'number', title: 'ms' },
  },
  usual: ['profile', 'provider', 'who', 'details', 'verbs', 'missing', 'warnings'],
  wide: ['profile', 'provider', 'who', 'details', 'verbs', 'missing', 'warnings', 'tookMs'],
  id: (found) => found.profile,
  json: (found) => found,
});

export const check = defineCommand({
  about:
    'Several profiles, or a glob of them, are checked side by side: a line for each that works, the whole failure of each that does not.',
  args: { name: { takes: 'any', summary: 'profiles or globs (default: the current one)', completes: 'profile' } },
  options: { allProfiles: { kind: 'flag', short: 'A', summary: 'all profiles' } },
  needs: { at: ['list'] },
  examples: [
    { does: 'does the profile work', type: 'imgctl profile check pcd' },
    { does: 'in CI, before anything else', type: 'imgctl profile check pcd -o json' },
    { does: 'does anything still work', type: 'imgctl profile check -A' },
  ],
  async run(input, context) {
    const { directory, settings } = context;
    const words = input.name && input.name.length > 0 ? input.name : settings.profile;
    const typed = input.name && input.name.length > 0 ? directory.select(words) : undefined;
    const named = input.allProfiles ? directory.all : (typed ?? chosenProfiles(directory, words));
    const names = await withRegions(named, context);
    const check = async (name: string): Promise<ProfileCheck> => checkProfile(await context.at('at', name), context);
    const [only, ...others] = names;
    const isPattern = input.allProfiles || words.some(isGlob);
    if (only !== undefined && others.length === 0 && !isPattern) return one(checkedView, await check(only));
    return many(checkedView, sideBySide(names, check, context), ['profile', 'provider', 'who', 'details', 'warnings', 'tookMs']);
  },
});

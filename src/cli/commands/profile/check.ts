import { operationNames } from '../../../core/operation.ts';
import { keptAs } from '../../../host/reference-value.ts';
import { defineView } from '../../../ui/view.ts';
import { defineCommand } from '../../command.ts';
import { onlyProfile } from '../../directory.ts';
import { one } from '../../outcome.ts';
import { originsOf } from '../../session.ts';

interface Checked {
  readonly profile: string;
  readonly provider: string;
  readonly who: string;
  readonly details: Readonly<Record<string, string>>;
  readonly verbs: readonly string[];
  readonly missing: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
}

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
    const at = await context.at('at', name);
    const call = context.call();
    const identity = await at.probe(call);
    // Not every provider has a call that only says who we are: the first image of a list shows that the account is let in.
    for await (const _image of at.verb('list').run({ filters: {}, own: {}, scope: 'mine', hidden: false, limit: 1 }, call)) break;
    const missing = identity.missing as Readonly<Record<string, string>>;
    return one(checkedView, {
      profile: name,
      provider: at.provider,
      who: identity.who,
      details: identity.details,
      verbs: operationNames.filter((verb) => at.driver.facts[verb] && missing[verb] === undefined),
      missing,
      warnings: await plainSecrets(),
    });

    async function plainSecrets(): Promise<readonly string[]> {
      const origins = await originsOf(context.directory.entry(name), at.driver, context);
      return Object.entries(origins)
        .filter(
          ([field, origin]) => at.driver.profile[field]?.secret && origin.from === 'profile' && keptAs(origin.text) === 'plain',
        )
        .map(([field]) => `${field} is stored as plain text; env:NAME, file:PATH or cmd:COMMAND keep it elsewhere`);
    }
  },
});

import { notFoundError } from '../../../core/errors.ts';
import { Secret } from '../../../core/secret.ts';
import type { FoundProfile } from '../../../core/driver.ts';
import { checkProfileName, type StoredProfile } from '../../../profiles/schema.ts';
import { nearest } from '../../../ui/nearest.ts';
import { profileView, type ShownProfile } from '../../../ui/views/profile.ts';
import { defineCommand } from '../../command.ts';
import { many } from '../../outcome.ts';

type Found = FoundProfile & { readonly provider: string };

export const importProfiles = defineCommand({
  about:
    'Without a name everything that is found is taken over, under the name it has there; a profile of that name that exists already stays (--replace).',
  args: { from: { takes: 'any', summary: 'provider, or the name of a profile there', completes: 'provider' } },
  options: { replace: { kind: 'flag', summary: 'replace profiles that exist already' } },
  needs: {},
  examples: [
    { does: 'what would be taken over', type: 'imgctl profile import --dry-run' },
    { does: 'everything', type: 'imgctl profile import' },
  ],
  async run(input, context) {
    const all = (await context.discover()).filter((profile) => !profile.ambient || profile.name !== 'env');
    const words = input.from ?? [];
    const chosen = words.length === 0 ? all : words.flatMap((word) => fitting(word, all));
    if (chosen.length === 0)
      throw notFoundError('no profiles of other tools were found here', { hint: 'imgctl profile add NAME makes one' });
    if (!context.settings.dryRun)
      await context.store.change((book) => ({
        ...book,
        profiles: merge(book.profiles, chosen, input.replace === true, (text) => context.warn(text)),
      }));
    return many(profileView, chosen.map(shown), ['name', 'provider', 'fields']);
  },
});

function fitting(word: string, all: readonly Found[]): readonly Found[] {
  const found = all.filter((one) => one.name === word || one.provider === word || one.tool === word || word.startsWith(`${one.provider}-`));
  if (found.length > 0) return found;
  const close = nearest(
    word,
    all.flatMap((one) => [one.name, one.provider]),
  );
  throw notFoundError(`nothing to take over is called "${word}"`, {
    hint: close.length > 0 ? `did you mean ${close.join(' or ')}?` : 'imgctl profile import --dry-run lists what there is',
  });
}

function merge(
  now: Readonly<Record<string, StoredProfile>>,
  found: readonly Found[],
  replace: boolean,
  warn: (text: string) => void,
): Readonly<Record<string, StoredProfile>> {
  const merged = new Map(Object.entries(now));
  for (const { name, provider, fields, source } of found) {
    checkProfileName(name);
    if (merged.has(name) && !replace) {
      warn(`there is a profile "${name}" already; the one from ${source} was left alone`);
      continue;
    }
    merged.set(name, {
      provider,
      fields: Object.fromEntries(Object.entries(fields).map(([field, value]) => [field, plain(value)])),
    });
  }
  return Object.fromEntries(merged);
}

const plain = (value: string | Secret): string => (value instanceof Secret ? value.reveal() : value);

const shown = ({ name, provider, fields, source }: Found): ShownProfile => ({
  name,
  provider,
  current: false,
  fields: Object.fromEntries(Object.entries(fields).map(([field, value]) => [field, { value, from: source }])),
});

import { ImgctlError, notFoundError } from '../../../core/errors.ts';
import { Secret } from '../../../core/secret.ts';
import { literal, writtenValue } from '../../../host/reference-value.ts';
import { withoutPassword } from '../../../http/redact.ts';
import { checkProfileName, type StoredProfile } from '../../../profiles/schema.ts';
import { nearest } from '../../../ui/nearest.ts';
import { profileView, type ShownProfile } from '../../../ui/views/profile.ts';
import { defineCommand } from '../../command.ts';
import type { Surface } from '../../context.ts';
import type { Discovered } from '../../discover.ts';
import { many } from '../../outcome.ts';

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
    const named = words.length === 0 ? all : words.flatMap((word) => fitting(word, all));
    const chosen = usable(named, context);
    if (chosen.length === 0)
      throw notFoundError(
        named.length > 0 ? 'none of the profiles found here can be imported' : 'no profiles of other tools were found here',
        { hint: 'Add one with: imgctl profile add NAME' },
      );
    let taken: readonly Discovered[] = [];
    await context.store.change(({ profiles, ...book }) => {
      taken = takenFrom(chosen, input.replace ? new Set() : new Set(Object.keys(profiles)), context);
      return { ...book, profiles: { ...profiles, ...Object.fromEntries(taken.map((found) => [found.name, storedFrom(found)])) } };
    });
    for (const { notes = [] } of taken) for (const note of notes) context.warn(note);
    return many(profileView, taken.map(shown), ['name', 'provider', 'fields']);
  },
});

/** Those that can be used; the others are told of, each once, with the reason. */
function usable(found: readonly Discovered[], surface: Surface): readonly Discovered[] {
  const told = new Set<string>();
  return found.filter(({ name, provider, source, leftOut, hint }) => {
    if (leftOut === undefined) return true;
    const key = `${provider} ${name}`;
    if (!told.has(key)) surface.warn(`left out: ${name} (${provider}, ${source}): ${leftOut}${hint ? `\n${hint}` : ''}`);
    told.add(key);
    return false;
  });
}

function fitting(word: string, all: readonly Discovered[]): readonly Discovered[] {
  const found = all.filter(
    (one) => one.name === word || one.provider === word || one.tool === word || word.startsWith(`${one.provider}-`),
  );
  if (found.length > 0) return found;
  const close = nearest(
    word,
    all.flatMap((one) => [one.name, one.provider]),
  );
  throw notFoundError(`nothing to take over is called "${word}"`, {
    hint: close.length > 0 ? `did you mean ${close.join(' or ')}?` : 'imgctl profile import --dry-run lists what there is',
  });
}

/** Those that can be taken over: each name once, none that is there already. The others are told of. */
function takenFrom(found: readonly Discovered[], there: ReadonlySet<string>, surface: Surface): readonly Discovered[] {
  const names = new Set(there);
  return found.filter(({ name, source }) => {
    if (names.has(name)) surface.warn(`there is a profile "${name}" already; the one from ${source} was left alone`);
    const takes = !names.has(name) && isName(name, source, surface);
    names.add(name);
    return takes;
  });
}

function isName(name: string, source: string, surface: Surface): boolean {
  try {
    checkProfileName(name);
    return true;
  } catch (error) {
    if (!(error instanceof ImgctlError)) throw error;
    surface.warn(`${source}: ${error.message}; it was left out`);
    return false;
  }
}

const storedFrom = ({ provider, fields }: Discovered): StoredProfile => ({
  provider,
  fields: Object.fromEntries(Object.entries(fields).map(([field, value]) => [field, stored(value)])),
});

/** Another tool's text is no reference of ours, and must not become one. */
const stored = (value: string | Secret): string => writtenValue(literal(value instanceof Secret ? value.reveal() : value));

const shown = ({ name, provider, fields, source }: Discovered): ShownProfile => ({
  name,
  provider,
  current: false,
  fields: Object.fromEntries(
    Object.entries(fields).map(([field, value]) => [
      field,
      { value: typeof value === 'string' ? withoutPassword(value) : value, from: source },
    ]),
  ),
});

import { usageError } from '../../core/errors.ts';
import { anyGlob, isGlob, literalGlob } from '../../core/glob.ts';
import type { ProfileDirectory } from '../../engine/account/registry.ts';

/** What a list asks for: the glob of each profile, in order; absent: all of its images. */
export type ProfileGlobs = ReadonlyMap<string, string | undefined>;

/** Words of a list, and what those without a profile in front mean: `name` is that of `--name`, `selected` gives the profiles. */
interface Typed {
  readonly words: readonly string[];
  readonly name: string | undefined;
  selected(): readonly string[];
}

/** Reads `GLOB…`, for each of the selected profiles, `PROFILE:GLOB…` and `PROFILE:`, which is all of it. Throws USAGE for a glob beside `--name`. */
export function globsFrom({ words, name, selected }: Typed, directory: ProfileDirectory): ProfileGlobs {
  const isBeside = name !== undefined && words.some((word) => directory.reference(word).image !== '');
  if (isBeside) throw usageError('GLOB and --name cannot be combined');
  const globs = [...wordsByProfile({ words, selected }, directory)];
  return new Map(globs.map(([profile, each]) => [profile, each.length === 0 ? name : together(each)]));
}

/** What is typed of each profile, in order, each once; none: all of it. */
export function wordsByProfile(
  { words, selected }: Pick<Typed, 'words' | 'selected'>,
  directory: ProfileDirectory,
): ReadonlyMap<string, readonly string[]> {
  if (words.length === 0) return new Map(selected().map((profile) => [profile, []]));
  const all = new Map<string, Set<string>>();
  for (const word of words) {
    const { profile: own, image } = directory.reference(word);
    for (const profile of own === undefined ? selected() : [own]) all.set(profile, (all.get(profile) ?? new Set()).add(image));
  }
  return new Map([...all].map(([profile, each]) => [profile, each.has('') ? [] : [...each]]));
}

/** One glob for all of them; each stands for itself too, as it does alone. */
function together(globs: readonly string[]): string {
  const [first = '*', ...others] =
    globs.length < 2 ? globs : globs.flatMap((glob) => (isGlob(glob) ? [glob, literalGlob(glob)] : [glob]));
  return anyGlob([first, ...others]);
}

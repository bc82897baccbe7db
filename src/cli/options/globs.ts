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
  if (words.length === 0) return new Map(selected().map((profile) => [profile, name]));
  const globs = new Map<string, Set<string>>();
  for (const word of words) {
    const { profile: own, image } = directory.reference(word);
    if (name !== undefined && image !== '') throw usageError('GLOB and --name cannot be combined');
    for (const profile of own === undefined ? selected() : [own])
      globs.set(profile, (globs.get(profile) ?? new Set()).add(image));
  }
  return new Map([...globs].map(([profile, each]) => [profile, each.has('') ? name : together([...each])]));
}

/** One glob for all of them; each stands for itself too, as it does alone. */
function together(globs: readonly string[]): string {
  const [first = '*', ...others] =
    globs.length < 2 ? globs : globs.flatMap((glob) => (isGlob(glob) ? [glob, literalGlob(glob)] : [glob]));
  return anyGlob([first, ...others]);
}

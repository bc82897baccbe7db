import { usageError } from '../../core/errors.ts';
import { anyGlob, isGlob, literalGlob } from '../../core/glob.ts';
import { parseReference } from '../../core/reference.ts';
import type { ProfileDirectory } from '../../engine/account/registry.ts';

/** What a list asks for: the glob of each profile, in order; absent: all of its images. */
export type ProfileGlobs = ReadonlyMap<string, string | undefined>;

/** Words of a list, and what those without a profile in front mean: `name` is that of `--name`, `selected` are the profiles. */
interface Typed {
  readonly words: readonly string[];
  readonly name: string | undefined;
  readonly selected: readonly string[];
}

/** Reads `GLOB…`, for each of the selected profiles, and `PROFILE:GLOB…`. Throws USAGE beside `--name`. */
export function globsFrom({ words, name, selected }: Typed, directory: ProfileDirectory): ProfileGlobs {
  if (words.length === 0) return new Map(selected.map((profile) => [profile, name]));
  if (name !== undefined) throw usageError('GLOB and --name cannot be combined');
  const globs = new Map<string, Set<string>>();
  for (const word of words) {
    const { profile: own, image } = parseReference(word, (one) => directory.has(one));
    for (const profile of own === undefined ? selected : [own])
      globs.set(profile, (globs.get(profile) ?? new Set()).add(image === '' ? '*' : image));
  }
  return new Map([...globs].map(([profile, each]) => [profile, together([...each])]));
}

/** One glob for all of them; each stands for itself too, as it does alone. */
function together(globs: readonly string[]): string {
  const [first = '*', ...others] =
    globs.length < 2 ? globs : globs.flatMap((glob) => (isGlob(glob) ? [glob, literalGlob(glob)] : [glob]));
  return anyGlob([first, ...others]);
}

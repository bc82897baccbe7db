import { usageError } from '../core/errors.ts';
import { anyGlob, isGlob, literalGlob } from '../core/glob.ts';
import { parseReference } from '../core/reference.ts';
import type { ProfileDirectory } from './directory.ts';

/** What the globs of a list ask for: one glob for all of them, and the profiles that stand before them. */
export interface Globs {
  readonly name: string | undefined;
  readonly profiles: readonly string[];
}

/** Reads `GLOB…` and `PROFILE:GLOB…`. Throws USAGE beside `--name`, and where globs differ from profile to profile. */
export function globsFrom(typed: readonly string[], name: string | undefined, directory: ProfileDirectory): Globs {
  if (typed.length === 0) return { name, profiles: [] };
  if (name !== undefined) throw usageError('GLOB and --name cannot be combined');
  const read = typed.map((text) => parseReference(text, (one) => directory.has(one)));
  const profiles = [...new Set(read.map(({ profile }) => profile))];
  const globs = [...new Set(read.map(({ image }) => (image === '' ? '*' : image)))];
  const [profile, ...others] = profiles;
  if (others.length > 0 && globs.length > 1)
    throw usageError('several globs in several profiles cannot be listed at once', { hint: 'Use -p PROFILE for each profile.' });
  const [first = '*', ...more] =
    globs.length < 2 ? globs : globs.flatMap((glob) => (isGlob(glob) ? [glob, literalGlob(glob)] : [glob]));
  return {
    name: anyGlob([first, ...more]),
    profiles: [profile, ...others].filter((one) => one !== undefined),
  };
}

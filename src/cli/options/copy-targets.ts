import { configError, usageError } from '../../core/errors.ts';
import { isGlob } from '../../core/glob.ts';
import { checkName } from '../../core/image-name.ts';
import { commandLine } from '../../core/hint.ts';
import type { ProfileDirectory } from '../../engine/account/registry.ts';
import { looksLikeFile } from './mistaken-files.ts';
import type { CopyTarget } from '../../engine/operations/copy-target.ts';
import { targetText } from '../../engine/operations/copy-target.ts';

/** What stands before the first colon. */
const profilePart = (word: string): string => word.split(':')[0] ?? word;

/** Whether the words are for several targets, whatever a glob among them stands for. */
export const areSeveral = (words: readonly string[]): boolean =>
  words.length > 1 || words.some((word) => isGlob(profilePart(word)));

/**
 * The targets that the words stand for, each once: `PROFILE`, `PROFILE:NAME`, and globs of profiles, which leave out that of the
 * source, `from`. Throws CONFIG for a profile that there is not, USAGE for a file.
 */
export function copyTargets(
  words: readonly string[],
  from: { readonly image: string; readonly profile: string },
  directory: ProfileDirectory,
): readonly CopyTarget[] {
  const all = words.flatMap((word) => targetsOf(word, from, directory));
  return [...new Map(all.map((target) => [targetText(target), target])).values()];
}

function targetsOf(
  word: string,
  from: { readonly image: string; readonly profile: string },
  directory: ProfileDirectory,
): readonly CopyTarget[] {
  const { profile, image } = directory.has(word) ? { profile: word, image: '' } : directory.reference(word);
  if (profile !== undefined) return [{ profile, name: checked(image) }];
  if (looksLikeFile(word))
    throw usageError(`no such profile: ${word}`, {
      hint: `Download it with: ${commandLine({ verb: 'download', image: from.image, args: [word] }, from)}`,
    });
  const part = profilePart(word);
  if (!isGlob(part)) return [{ profile: directory.openable(part).name, name: '' }];
  const name = checked(word.slice(part.length + 1));
  const others = directory.select([part]).filter((one) => one !== from.profile);
  if (others.length === 0)
    throw configError(`no profile but that of the source matches "${part}"`, {
      hint: 'List profiles with: imgctl profile list',
    });
  return others.map((one) => ({ profile: one, name }));
}

function checked(name: string): string {
  checkName(name);
  return name;
}

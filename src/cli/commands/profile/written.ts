import { ImgctlError } from '../../../core/errors.ts';
import type { ProfileBook } from '../../../profiles/schema.ts';
import { profileView } from '../../../ui/views/profile.ts';
import type { Surface } from '../../program/context.ts';
import { profileDirectory, type ProfileDirectory } from '../../../engine/account/registry.ts';
import { one, type Outcome } from '../../program/outcome.ts';
import { profileRow } from '../../options/profile-fields.ts';

/** Shows a profile as it stands in the store after a change. */
export async function afterWriting(name: string, book: ProfileBook, surface: Surface): Promise<Outcome> {
  return one(profileView, await profileRow(name, { ...surface, directory: directoryAfter(book, surface) }));
}

/** Warns of a new profile that has the name of a publisher, which is no longer meant by it. */
export function warnOfPublisher(name: string, { directory, warn }: Surface): void {
  if (isPublisher(name, directory, warn))
    warn(
      `${name} is the name of a publisher, too: "${name}:" means this profile from now on, until imgctl profile remove ${name}`,
    );
}

function isPublisher(name: string, { sources }: ProfileDirectory, warn: Surface['warn']): boolean {
  try {
    return sources.named(name) !== undefined;
  } catch (error) {
    // The user's own file is damaged, which is no reason to have no profile.
    if (!(error instanceof ImgctlError)) throw error;
    warn(error.message);
    return false;
  }
}

/** The profiles that can be named once the store is so. */
export const directoryAfter = (book: ProfileBook, surface: Surface): ProfileDirectory =>
  profileDirectory({
    book,
    env: surface.home.env,
    chosen: surface.settings.profile,
    isTyped: surface.settings.isProfileTyped,
    usual: surface.drivers.usual,
    sources: surface.directory.sources,
  });

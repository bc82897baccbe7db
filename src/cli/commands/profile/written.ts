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

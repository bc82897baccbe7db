import { configError } from '../../core/errors.ts';
import { hasFolder, ownFolder, type Home } from '../../host/paths.ts';
import { createLock } from '../../host/lock.ts';
import { absentStore, profileStore, type ProfileStore } from '../../profiles/store.ts';

/** The user's profile store; an absent one where there is no folder for it. Throws CONFIG where that is named by a relative path. */
export function storeAt(home: Home, warn: (message: string) => void): ProfileStore {
  if (hasFolder('config', home)) return profileStore(ownFolder('config', home), createLock({ warn }));
  return absentStore(
    configError('no folder for profiles: HOME is not an absolute path', {
      hint: 'Set HOME, or IMGCTL_CONFIG_DIR.',
    }),
  );
}

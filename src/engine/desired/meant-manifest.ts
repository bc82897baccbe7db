import { chosenProfiles } from '../account/registry.ts';
import type { EngineContext } from '../context.ts';
import type { Manifest } from './manifest.ts';
import { readManifest, usualManifest } from './read-manifest.ts';

/** Which manifest is meant, and for which profiles. */
export interface ManifestMeant {
  /** Absent, as is `fromOim`: the usual one. */
  readonly file?: string | undefined;
  /** Files of OSISM's image manager; they name no profiles. */
  readonly fromOim?: string | undefined;
  /** Names and globs of profiles. */
  readonly profiles: readonly string[];
  /** They narrow the targets of the manifest. */
  readonly isNarrowed: boolean;
}

/** The manifest that is meant, and the profiles to which it is narrowed. Throws as `readManifest` and `readOim`, CONFIG for profiles that there are not. */
export async function meantManifest(
  { file = usualManifest, fromOim, profiles, isNarrowed }: ManifestMeant,
  context: EngineContext,
): Promise<{ readonly manifest: Manifest; readonly only: readonly string[] | undefined }> {
  const { directory } = context;
  if (fromOim === undefined)
    return { manifest: await readManifest(file), only: isNarrowed ? directory.select(profiles) : undefined };
  const { readOim } = await import('./oim/read-oim.ts');
  const targets = chosenProfiles(directory, profiles);
  return { manifest: await readOim(fromOim, targets, (message) => context.warn(message)), only: undefined };
}

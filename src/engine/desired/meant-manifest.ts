import path from 'node:path';
import { chosenProfiles } from '../account/registry.ts';
import type { EngineContext } from '../context.ts';
import type { Manifest } from './manifest.ts';
import { manifestFrom, manifestIn, readManifest, usualManifest } from './read-manifest.ts';

/** Which manifest is meant, and for which profiles. */
export interface ManifestMeant {
  /** Absent, as are the next three: the usual one. */
  readonly file?: string | undefined;
  /** What would stand in a file. Relative paths begin in the working folder. */
  readonly text?: string | undefined;
  /** The same, read. */
  readonly value?: object | undefined;
  /** Files of OSISM's image manager; they name no profiles. */
  readonly fromOim?: string | undefined;
  /** Names and globs of profiles. */
  readonly profiles: readonly string[];
  /** They narrow the targets of the manifest. */
  readonly isNarrowed: boolean;
}

/** The manifest that is meant, and the profiles to which it is narrowed. Throws as `readManifest` and `readOim`, CONFIG for profiles that there are not. */
export async function meantManifest(
  { fromOim, profiles, isNarrowed, ...meant }: ManifestMeant,
  context: EngineContext,
): Promise<{ readonly manifest: Manifest; readonly only: readonly string[] | undefined }> {
  const { directory } = context;
  if (fromOim === undefined) return { manifest: await written(meant), only: isNarrowed ? directory.select(profiles) : undefined };
  const { readOim } = await import('./oim/read-oim.ts');
  const targets = chosenProfiles(directory, profiles);
  return { manifest: await readOim(fromOim, targets, (message) => context.warn(message)), only: undefined };
}

/** How a manifest is called in messages that stands in no file. */
const nameless = 'manifest';

function written({
  file = usualManifest,
  text,
  value,
}: Pick<ManifestMeant, 'file' | 'text' | 'value'>): Manifest | Promise<Manifest> {
  if (text !== undefined) return manifestIn(text, nameless, path.resolve());
  // As it would be read from a file.
  return value ? manifestFrom(JSON.parse(JSON.stringify(value)), nameless, path.resolve()) : readManifest(file);
}

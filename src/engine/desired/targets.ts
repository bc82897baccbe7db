import { configError, ImgctlError, usageError } from '../../core/errors.ts';
import { isGlob } from '../../core/glob.ts';
import type { ProfileDirectory } from '../account/registry.ts';
import { displayName, wordsOf } from './display-name.ts';
import type { Manifest, ManifestImage } from './manifest.ts';

/** An image of the manifest with the profiles in which it is to be. */
export interface Placed {
  readonly image: ManifestImage;
  readonly profiles: readonly string[];
}

/**
 * The profiles that the targets mean, each once; a glob leaves out that of the source. Throws CONFIG, with the file and the path in it, for
 * what means none, and where two images would have one name in one profile, as far as that can be told before their sources are asked.
 * `only`: of these profiles alone; USAGE where no image is to be in any of them.
 */
export function placedImages(
  { images, file }: Manifest,
  only: readonly string[] | undefined,
  directory: ProfileDirectory,
): readonly Placed[] {
  const placed = images.map((image) => ({ image, profiles: profilesOf(image, file, directory) }));
  const plain = placed
    .filter(({ image }) => wordsOf(image.displayName).every((word) => word === 'name'))
    .map(({ image, profiles }) => ({ path: image.path, name: displayName(image.displayName, { name: image.name }), profiles }));
  refuseNamesakes(plain, file);
  if (!only) return placed;
  const asked = placed.map(({ image, profiles }) => ({ image, profiles: profiles.filter((profile) => only.includes(profile)) }));
  const found = asked.filter(({ profiles }) => profiles.length > 0);
  if (found.length > 0) return found;
  throw usageError(`${file}: no image has ${only.join(' or ')} among its targets`, { hint: 'Omit -p for all targets.' });
}

/** Throws CONFIG where two images would have one name in one profile. */
export function refuseNamesakes(
  named: readonly { readonly path: string; readonly name: string; readonly profiles: readonly string[] }[],
  file: string,
): void {
  const seen = new Map<string, string>();
  for (const { path, name, profiles } of named)
    for (const profile of profiles) {
      const key = JSON.stringify([profile, name]);
      const other = seen.get(key);
      if (other !== undefined)
        throw configError(`${file}: ${path}.displayName makes "${name}" in ${profile}, and so does ${other}`, {
          hint: 'Give them names of their own, or other targets.',
        });
      seen.set(key, path);
    }
}

function profilesOf({ targets, source, path }: ManifestImage, file: string, directory: ProfileDirectory): readonly string[] {
  const own = directory.reference(source).profile;
  const found = targets.flatMap((target, index) => {
    try {
      const profiles = directory.select([target]);
      return isGlob(target) ? profiles.filter((profile) => profile !== own) : profiles;
    } catch (error) {
      if (!(error instanceof ImgctlError)) throw error;
      throw configError(`${file}: ${path}.targets[${index}] is "${target}": ${error.message}`, error.circumstances);
    }
  });
  if (found.length === 0) throw configError(`${file}: ${path}.targets means no profile but that of the source`);
  return [...new Set(found)];
}

import { usageError } from '../../core/errors.ts';
import type { Manifest } from '../../engine/desired/manifest.ts';
import { meantManifest } from '../../engine/desired/meant-manifest.ts';
import type { Surface } from '../program/context.ts';
import type { Options } from '../program/option.ts';
import { allowDowngradeOption } from './transfer.ts';
import { unusedOption } from './unused.ts';

/** Which manifest is meant, and what it may ask for. */
export const manifestOptions = {
  file: { kind: 'text', short: 'f', value: 'file', summary: 'manifest, YAML or JSON (default images.yaml)', completes: 'file' },
  fromOim: {
    kind: 'text',
    value: 'file|folder',
    summary: "read the YAML of OSISM's image manager instead; its images are to be in the profiles of -p",
    completes: 'file',
  },
  allowDowngrade: allowDowngradeOption,
  unused: unusedOption,
} as const satisfies Options;

/** The manifest that is meant, and the profiles to which that is narrowed. Throws as `meantManifest`, USAGE for two of them. */
export async function manifestTyped(
  { file, fromOim }: { readonly file?: string | undefined; readonly fromOim?: string | undefined },
  context: Surface,
): Promise<{ readonly manifest: Manifest; readonly only: readonly string[] | undefined }> {
  if (file !== undefined && fromOim !== undefined) throw usageError('--file and --from-oim cannot be combined');
  const { profile: profiles, isProfileTyped: isNarrowed } = context.settings;
  return meantManifest({ file, fromOim, profiles, isNarrowed }, context);
}

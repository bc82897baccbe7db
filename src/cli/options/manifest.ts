import type { Surface } from '../program/context.ts';
import type { Options } from '../program/option.ts';
import { allowDowngradeOption } from './transfer.ts';

/** Which manifest is meant, and what it may ask for. */
export const manifestOptions = {
  file: { kind: 'text', short: 'f', value: 'file', summary: 'manifest, YAML or JSON (default images.yaml)', completes: 'file' },
  allowDowngrade: allowDowngradeOption,
} as const satisfies Options;

/** The profiles that are asked for; absent: all that the manifest names. */
export const profilesTyped = ({ settings, directory }: Surface): readonly string[] | undefined =>
  settings.isProfileTyped ? directory.select(settings.profile) : undefined;

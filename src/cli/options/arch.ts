import { architectureOf, knownArchitectures } from '../../core/architecture.ts';
import { usageError } from '../../core/errors.ts';
import type { Option, Options } from '../program/option.ts';
import { nearest } from '../../host/did-you-mean.ts';

/** Of commands that read images by name: which one of a publisher's is meant. */
export const archOption = {
  kind: 'text',
  value: 'name',
  suggests: ['amd64', 'arm64'],
  summary: "architecture of a publisher's image (default amd64); x86_64 is amd64, aarch64 is arm64",
} as const satisfies Option;

/** The architecture as it was typed, of a command that has this option. Throws USAGE for what is nearly a known one. */
export function archAsked(options: Options = {}, { arch }: Readonly<Record<string, unknown>>): { readonly arch?: string } {
  if (options.arch !== archOption || typeof arch !== 'string') return {};
  const word = arch.toLowerCase();
  const close = knownArchitectures.includes(word) ? [] : nearest(word, knownArchitectures);
  if (close.length > 0)
    throw usageError(`--arch: unknown architecture: ${arch}`, { hint: `Did you mean ${close.join(' or ')}?` });
  return { arch: architectureOf(word) };
}

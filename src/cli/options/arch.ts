import { architectureAsked } from '../../engine/account/arch.ts';
import type { Option, Options } from '../program/option.ts';

/** Of commands that read images by name: which one of a publisher's is meant. */
export const archOption = {
  kind: 'text',
  value: 'name',
  suggests: ['amd64', 'arm64'],
  summary: "architecture of a publisher's image (default amd64); x86_64 is amd64, aarch64 is arm64",
} as const satisfies Option;

/** The architecture as it was typed, of a command that has this option. Throws USAGE for one that is not known. */
export function archAsked(options: Options = {}, { arch }: Readonly<Record<string, unknown>>): { readonly arch?: string } {
  if (options.arch !== archOption || typeof arch !== 'string') return {};
  return { arch: architectureAsked(arch) };
}

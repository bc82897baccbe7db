import { conflictError, unsupportedError, usageError, type ImgctlError } from '../../core/errors.ts';
import type { Editable, Extra } from '../../core/operation.ts';

/** What an image can be made with. */
export const newFields = ['name', 'description', 'architecture', 'tags', 'properties'] as const satisfies readonly Editable[];

/** What of it can change later. */
export const changeable = ['description', 'visibility', 'protected', 'tags', 'properties'] as const satisfies readonly Editable[];

/** What is AWS's own to set. */
export const reserved = /^aws:|^imgctl\.(bytes$|place\.)/i;

/** Throws USAGE for a name that no image may have: it would be refused after all bytes are sent. */
export function checkName(name: string): void {
  if (/^[A-Za-z0-9()[\] ./\-'@_]{3,128}$/.test(name)) return;
  throw usageError(`AWS does not accept the image name "${name}"`, {
    hint: "Use 3 to 128 letters, digits, spaces and ()[]./-'@_.",
  });
}

/** Images for other processors have other names at AWS. Throws USAGE for one that it does not have. */
export function wireArchitecture(text: string): string {
  const known: Readonly<Record<string, string>> = { aarch64: 'arm64', amd64: 'x86_64', i686: 'i386', x86: 'i386' };
  const name = known[text.toLowerCase()] ?? text;
  if (['x86_64', 'arm64', 'i386', 'x86_64_mac', 'arm64_mac'].includes(name)) return name;
  throw usageError(`AWS has no images for ${text}`, { hint: 'Use x86_64, arm64, i386, x86_64_mac or arm64_mac.' });
}

/** How an image starts: inputs of `upload` and `create`. */
export const bootExtras = {
  architecture: { kind: 'text', help: 'x86_64, arm64, i386, x86_64_mac or arm64_mac; default: as the disk says, else x86_64' },
  bootMode: {
    kind: 'text',
    choices: ['uefi', 'uefi-preferred', 'legacy-bios'],
    help: 'default: as the partition table of the disk says; where it does not, the instance type decides',
  },
  tpm: { kind: 'text', choices: ['v2.0'], help: 'v2.0: instances have a TPM (needs bootMode uefi)' },
  imds: { kind: 'text', choices: ['v2.0'], help: 'v2.0: instances need a token for their metadata; cannot be taken back' },
  ena: { kind: 'flag', help: 'enhanced networking, which Nitro instances need; default true' },
  rootDevice: { kind: 'text', help: 'name of the root device; default /dev/xvda' },
  volumeType: { kind: 'text', help: 'type of the root volume of instances; default gp3' },
} as const satisfies Readonly<Record<string, Extra>>;

/** Why an image cannot be deleted, where its record tells. */
export const protectedError = (id: string): ImgctlError =>
  conflictError(`image ${id} is protected from being deregistered`, {
    hint: 'Unprotect it with:',
    next: [{ verb: 'patch', image: id, options: { unprotect: true } }],
  });

/** Throws UNSUPPORTED for what of an image can never change. */
export function requireChangeable(changes: Readonly<Record<string, unknown>>): void {
  const fixed = ['name', 'architecture', 'owner', 'hidden', 'diskFormat', 'containerFormat', 'minDiskBytes', 'minRamBytes'];
  const found = fixed.find((name) => changes[name] !== undefined);
  if (found === undefined) return;
  throw unsupportedError(`${found} of an image at AWS cannot change`, {
    hint: 'Use another name for a copy, or upload it again.',
  });
}

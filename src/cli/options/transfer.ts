import { formats } from '../../core/encoding.ts';
import type { Options, OptionValues } from '../program/option.ts';
import type { DiskWishes } from '../../engine/operations/wishes.ts';
import { formatNamed } from '../../engine/operations/transfer.ts';

/** Options of every command that moves a disk. */
export const sourceOptions = {
  diskFormat: {
    kind: 'text',
    choices: formats,
    summary: 'target format, converted if needed (default: unchanged, or what the target accepts)',
  },
  fromFormat: { kind: 'text', choices: formats, summary: 'source format; refused if the content contradicts it' },
  checksum: {
    kind: 'text',
    value: 'algo:hex|url|auto',
    suggests: ['sha256:', 'sha512:', 'md5:', 'sha1:', 'auto'],
    summary: 'expected digest of the source, or the URL of a checksum file; auto: the one next to the source URL',
  },
  verify: {
    kind: 'text',
    value: 'how',
    suggests: ['gpg', 'gpg:', 'minisign:', 'checksum', 'auto', 'none'],
    summary:
      'who must have signed it: gpg[:KEYRING|FINGERPRINT], minisign:KEY, checksum (trust the server), auto or none (default: of an image what its profile says, else none)',
  },
  allowUnsafe: { kind: 'names', value: 'code,…', summary: 'accept these findings (dangerous)' },
} as const satisfies Options;

/** Beside them, of commands that send it to a provider. */
export const compressOption = {
  kind: 'flag',
  summary: 'compress a raw disk with gzip, unless that saves nothing',
} as const;

export const ifExistsOption = {
  kind: 'text',
  choices: ['fail', 'skip', 'replace', 'rename'],
  summary: 'if the name is taken (default fail); skip requires identical content',
} as const;

export const allowDowngradeOption = {
  kind: 'flag',
  summary: 'take an image although one of that name has a newer serial',
} as const;

/** What these options ask for, besides `verify`, which is among the settings. */
export const diskWishes = (
  input: OptionValues<typeof sourceOptions> & { readonly compress?: boolean | undefined },
): DiskWishes => ({
  format: formatNamed(input.diskFormat),
  fromFormat: formatNamed(input.fromFormat),
  checksum: input.checksum,
  allowUnsafe: input.allowUnsafe,
  ...(input.compress ? { compress: true } : {}),
});

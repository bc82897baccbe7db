/** Formats a virtual disk is kept in. `tar` and `ova` are archives that hold disks; `luks` is an encrypted volume. */
export const formats = [
  'raw',
  'qcow2',
  'qed',
  'vmdk',
  'vhd',
  'vhdx',
  'vdi',
  'iso',
  'ploop',
  'luks',
  'ova',
  'tar',
  'ami',
  'ari',
  'aki',
] as const;
export type Format = (typeof formats)[number];

/** Wrappers around a disk, in one layer. */
export const compressions = ['gzip', 'xz', 'zstd', 'bzip2'] as const;
export type Compression = (typeof compressions)[number];

/** How the bytes of a disk are written down. No `compression` means: not wrapped. */
export interface Encoding {
  readonly format: Format;
  readonly compression?: Compression;
}

/**
 * One form in which an upload is taken. `maxBytes` bounds what is sent, `maxVirtualBytes` the disk inside it.
 * `warnVirtualBytes` is a limit that the provider may have raised for this account: above it the user is warned, not refused.
 * `needsLength`: the provider wants to know the number of bytes before the first one.
 */
export interface Accept extends Encoding {
  readonly maxBytes?: number;
  readonly maxVirtualBytes?: number;
  readonly warnVirtualBytes?: number;
  /** The disk is a whole number of these. */
  readonly alignBytes?: number;
  /** Nothing but this variant of the format. */
  readonly subformat?: string;
  readonly needsLength?: boolean;
  /** Whether what unpacks a gzip there goes on behind its first member is not known. */
  readonly oneMember?: boolean;
  /** A file of this kind that has nothing in it is known to be taken there: it is sent with a warning. Absent: it is refused, as what a broken pipe has left. */
  readonly mayBeEmpty?: boolean;
}

/** A name with an ending, of which it may have some already: `web` and `web.raw` become `web.raw`, and with `.raw.gz` `web.raw.gz`. */
export function withEnding(name: string, ending: string): string {
  const parts = ending.split(/(?=\.)/);
  for (let count = parts.length; count > 0; count -= 1) {
    const there = parts.slice(0, count).join('');
    if (name.length > there.length && name.toLowerCase().endsWith(there.toLowerCase())) return name + parts.slice(count).join('');
  }
  return name + ending;
}

/** "raw, gzip-compressed" or "qcow2": an encoding as a reader would say it. */
export function describeEncoding(encoding: Encoding): string {
  return encoding.compression ? `${encoding.format}, ${encoding.compression}-compressed` : encoding.format;
}

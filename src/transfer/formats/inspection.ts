import type { Compression, Format } from '../../core/encoding.ts';

/** Something that an inspection found. `reject`: unsafe or broken; `warn`: worth knowing. `code` is stable, for `--allow-unsafe`. */
export interface Finding {
  readonly level: 'reject' | 'warn';
  readonly code: string;
  readonly message: string;
  /** What to do about it, where there is more to say than of every finding of its code: an instruction. */
  readonly cure?: string;
  /** What cannot be read past it: it can at most be passed on as it is. */
  readonly ends?: 'disk' | 'wrapper';
}

/** What a file is, by its content. Sizes are bytes; absent: cannot be told without reading it all. */
export interface Inspection {
  readonly format: Format;
  /** The variant within the format: `streamOptimized`, `dynamic`, `v3`, `gpt`… */
  readonly subformat?: string;
  readonly compression?: Compression;
  readonly fileBytes?: number;
  readonly virtualBytes?: number;
  readonly allocatedBytes?: number;
  /** Where a format has tables: the disk can be decoded from a stream all the same, front to back. */
  readonly isInOrder?: boolean;
  /** What was not looked at of what is in a wrapper: the `rest`, or `all` of it, and then its format is not known. */
  readonly unseen?: 'rest' | 'all';
  readonly findings: readonly Finding[];
}

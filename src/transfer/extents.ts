import type { Span } from './sparse-file.ts';

/** Bytes that can be read at any place. `read` gives fewer than asked for only at the end. The result is the caller's to keep. */
export interface RandomSource {
  readonly size: number;
  read(offset: number, length: number): Promise<Uint8Array>;
  /** The same into memory of the caller's, which is given back as far as it was filled. Absent: there is no saving in it. */
  readInto?(memory: Uint8Array, offset: number): Promise<Uint8Array>;
  /** Where there is data, in order; whatever is between reads as zeros. Absent, or nothing comes: not known. */
  spans?(): Promise<readonly Span[] | undefined>;
}

/**
 * A piece of the guest's disk, in guest order: the currency between the readers and the writers of formats.
 * `deflate` is data that the source already holds as raw deflate (RFC 1951): `deflated` gives that stream, possibly
 * with slack behind its end; `read` gives the bytes it stands for. A run is at most 2^32 bytes if zero, 4 MiB otherwise.
 * Whoever is through with the bytes of a run, or does not want them, may say `done`: their memory is used again then.
 */
export type Run =
  | { readonly kind: 'zero'; readonly length: number }
  | { readonly kind: 'data'; readonly length: number; read(): Promise<Uint8Array>; done?(): void }
  | { readonly kind: 'deflate'; readonly length: number; read(): Promise<Uint8Array>; deflated(): Promise<Uint8Array> };

export type Runs = AsyncIterable<Run>;

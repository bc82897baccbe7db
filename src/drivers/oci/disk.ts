import type { Bytes } from '../../core/http.ts';
import type { Descriptor } from '../_oci/manifest.ts';

/** A disk on its way. `bytes` and `sha256` are of what `open` gives; absent: known only at its end. */
export interface Disk {
  readonly bytes?: number;
  readonly sha256?: string;
  readonly repeatable: boolean;
  open(): Bytes;
  sent(): { readonly bytes: number; readonly digests: Readonly<Record<string, string>> };
}

export interface Pushed {
  readonly digest: string;
  readonly size: number;
  /** Where that is the list of a disk's blocks: the blobs that they are, and how long the disk is. */
  readonly layered?: { readonly blocks: readonly Descriptor[]; readonly bytes: number };
}

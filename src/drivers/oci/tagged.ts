import type { JsonObject } from '../../core/json.ts';
import type { Descriptor, ImageManifest } from '../_oci/manifest.ts';
import type { StoredRecord } from '../_oci/record.ts';

/** What another tool keeps under a tag. It is never changed, written over or deleted. */
export interface Foreign {
  readonly id: string;
  readonly digest: string;
  readonly manifestJson: JsonObject;
  /** What it is, for people. */
  readonly kind: 'container image' | 'index' | 'artifact';
  /** The disk that it is, or the archive with nothing but a disk; absent: none, or more than one. */
  readonly disk?: Descriptor;
  /** What says that it is one, and the machine that it is for, as far as that is said. */
  readonly type?: string;
  readonly architecture?: string;
}

/** An image as it stands under a tag. `text` and `recordText` are the documents as they came, `json` is the record. */
export interface Found {
  readonly id: string;
  readonly digest: string;
  readonly text: string;
  readonly manifest: ImageManifest;
  readonly manifestJson: JsonObject;
  readonly recordText: string;
  readonly json: JsonObject;
  readonly record: StoredRecord;
}

/** What stands under a tag: an image, something of another tool's, or nothing. */
export type Tagged = Found | Foreign | undefined;

export const isOurs = (tagged: Tagged): tagged is Found => tagged !== undefined && 'record' in tagged;

import type { Call } from './call.ts';
import type { Bytes } from './http.ts';
import type { ImageRecord } from './image.ts';
import type { Secret } from './secret.ts';

/**
 * How another account of the same provider can come by an image's data without its being sent. Only an account of the same
 * `realm` understands `values`.
 */
export interface Handover {
  readonly realm: string;
  readonly values: Readonly<Record<string, string>>;
  /** Makes what opens the data to who does not know us: called right before it is used. Absent: nothing is needed. */
  readonly key?: (call: Call) => Promise<HandoverKey>;
}

/** A secret that opens an image's data once. */
export interface HandoverKey {
  readonly secret: Secret;
  /** Takes it back, where it was not used. */
  release(): Promise<void>;
}

/** The documents by which a provider knows an image, to be taken over word for word. Only a provider of the same `realm` understands `values`. */
export interface OriginalDocuments {
  readonly realm: string;
  readonly id: string;
  readonly values: Readonly<Record<string, string>>;
  /** Whether an image elsewhere, under whatever id, is this one word for word. */
  isTakenOver(image: Pick<ImageRecord, 'raw'>): boolean;
  /** What else lies there. Absent: only the disk itself, as it is given, can be had. */
  readonly parts?: OriginalParts;
}

/** What lies in the place of an image, by the digests that its documents have for it. */
export interface OriginalParts {
  /** Bytes of a part, not compared with its digest. */
  open(part: { readonly digest: string; readonly size: number }): Bytes;
  /** Documents that others keep about the image beside it, such as signatures: each behind those that it names. */
  related(call: Call): Promise<readonly RelatedDocument[]>;
}

/** A document about an image. */
export interface RelatedDocument {
  /** What it is found by there. */
  readonly name: string;
  readonly type: string;
  readonly text: string;
}

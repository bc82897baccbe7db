import type { Extent } from './extent.ts';
import type { Encoding, Format } from './encoding.ts';
import type { Handover, OriginalDocuments } from './server-side-copy.ts';
import type { Bytes } from './http.ts';
import type { ImageRecord, Visibility } from './image.ts';

export type * from './list-request.ts';

/** Fields that a record can be made with. Absent: not given. */
export interface Description {
  readonly name?: string;
  readonly description?: string;
  readonly visibility?: Visibility;
  readonly owner?: string;
  readonly protected?: boolean;
  readonly hidden?: boolean;
  readonly diskFormat?: string;
  readonly containerFormat?: string;
  readonly architecture?: string;
  readonly minDiskBytes?: number;
  readonly minRamBytes?: number;
  readonly tags?: readonly string[];
  readonly properties?: Readonly<Record<string, string>>;
}
export type Editable = keyof Description;

/**
 * A change to a record. `tags` replaces them all; `addTags` and `removeTags` are relative to what is there.
 * `null` clears a field. `properties` are set one by one; those not named stay.
 */
export type Changes = {
  readonly [K in Exclude<Editable, 'tags' | 'properties'>]?: Description[K] | null;
} & {
  readonly tags?: readonly string[];
  readonly addTags?: readonly string[];
  readonly removeTags?: readonly string[];
  readonly properties?: Readonly<Record<string, string>>;
  readonly removeProperties?: readonly string[];
};

/** An input that only one provider has: `--set NAME=VALUE`. */
export interface Extra {
  readonly kind: 'flag' | 'text' | 'number';
  readonly help: string;
  /** The only texts that it may be. Absent: any. */
  readonly choices?: readonly string[];
}
/** Values of extras, already of the kind that was declared. */
export type ExtraValues = Readonly<Record<string, string | number | boolean>>;
export interface Extras {
  readonly extras?: Readonly<Record<string, Extra>>;
}

// ---------------------------------------------------------------- requests

export interface ShowRequest {
  readonly id: string;
}

export interface CreateRequest {
  readonly id?: string;
  /** Its name is absent only where the facts say `nameless`. */
  readonly description: Description;
  /** Id of a server's disk to make the image from; absent: a record without data. */
  readonly fromDisk?: string;
  readonly place?: string;
  readonly extras: ExtraValues;
}

/**
 * `basis` is the image as it was when the changes were made up; absent: it was not looked at. A driver looks at the image right
 * before it writes, and throws CONFLICT where a field that the changes set is another one by then (`requireNoConflict`); what others
 * have done to other fields stays.
 */
export interface PatchRequest {
  readonly id: string;
  readonly changes: Changes;
  readonly basis?: ImageRecord;
  readonly extras: ExtraValues;
}

/**
 * `add` and `remove` are relative to where the image is now; `exactly` is the whole set. `basis` is the image as it was when
 * that set was agreed to: a place that it has got since is not dropped, but a CONFLICT (`requireKnownPlaces`).
 */
export interface ReplicateRequest {
  readonly basis?: ImageRecord;
  readonly id: string;
  readonly add: readonly string[];
  readonly remove: readonly string[];
  readonly exactly?: readonly string[];
}

/** Digests in hex by algorithm (`sha256`, `sha512`, `md5`). */
export type Digests = Readonly<Record<string, string>>;

/** The bytes of an upload. `open` starts from the first byte; it may be called again only where `repeatable`. */
export interface Content {
  readonly encoding: Encoding;
  /** Length of what `open` gives; absent when it is known only at the end. */
  readonly bytes?: number;
  readonly virtualBytes?: number;
  /** How much of the disk takes room where it comes from; the rest is zeros. Absent: not known. */
  readonly allocatedBytes?: number;
  /** SHA-256 of what `open` gives, where it is known beforehand. */
  readonly sha256?: string;
  readonly repeatable: boolean;
  open(): Bytes;
  /**
   * The same disk in order, bytes or a number for so many zeros: whoever needs no zeros is spared them, and nobody hashes the whole.
   * Only of a raw disk that can be read at any place, and where no digest of the whole is to be compared.
   */
  pieces?(): AsyncIterable<Uint8Array | number>;
  /**
   * The next reading by `pieces` is one of whoever hashes each block of so many bytes by SHA-256 anyway: told in order of the blocks
   * that the content id is made of, nobody else hashes them. Absent, or none: it cannot be cut into those.
   */
  hashing?(blockBytes: number): HashedBlocks | undefined;
  /**
   * So many bytes more have arrived there: told by who reads ahead of what is sent. From the first word on, also of none, that is how
   * far it is, and no more what was read. Absent: nobody asks.
   */
  arrived?(bytes: number): void;
  /**
   * Count and digests of what was read; complete once the bytes have come to their end. Among them is the first of those that
   * the driver's upload reports, all of them where the bytes can be read only once; SHA-256 where it reports none and does not verify.
   */
  sent(): { readonly bytes: number; readonly digests: Digests };
}

/** What somebody has read of a disk, in order and without gaps. */
export interface HashedBlocks {
  /** Length of the blocks that it is told of: one that was cut is so many of them. */
  readonly each: number;
  zeros(length: number): void | Promise<void>;
  /** A whole block, by its digest. */
  block(sha256: Uint8Array): void | Promise<void>;
  /** What is shorter than a block. */
  data(bytes: Uint8Array): void | Promise<void>;
}

export interface UploadRequest {
  /** A queued record to fill; absent: a new image is made from `description`. */
  readonly into?: string;
  /**
   * Only where no image has the name in the moment that this one is entered: CONFLICT else. Honoured by who reads and writes in one
   * step; others were asked before.
   */
  readonly nameMustBeFree?: boolean;
  /**
   * Id of the one image of this name that goes once this one is there. Who names images by what they are called lets this one have its
   * id, in one step, and takes away what is left of it; others take no notice, and it is deleted afterwards.
   */
  readonly replaces?: string;
  readonly id?: string;
  readonly description: Description & { readonly name: string };
  /** Who is let see it once it is there and verified. Who can tell that this will be refused says so before the bytes are sent. */
  readonly opensTo?: Visibility;
  readonly place?: string;
  readonly content: Content;
  /** Content id of the disk, once the content was read or need not be; a driver that enters it spares a change. Throws INTEGRITY. */
  readonly contentId?: () => Promise<string | undefined>;
  /**
   * What the image is where the content comes from. Who understands it enters the same image, under the same id or what it calls images
   * itself, if name and content are the same and the id is free; in any other case a new image is made from `description`.
   */
  readonly original?: OriginalDocuments;
  /** `ref` of an upload in blocks that another run has begun with this content: gone on with where it is still there. */
  readonly goesOn?: string;
  /** How the content can be had without being sent. UNSUPPORTED, before anything is made, where it cannot be had so. */
  readonly handover?: Handover;
  /** The parts of the original are to be taken over as they are, and the content is not read. UNSUPPORTED as above. */
  readonly inParts?: boolean;
  readonly extras: ExtraValues;
}

export interface DownloadRequest {
  readonly id: string;
}

/** Image data that can be read: from the start, or from a byte on where the facts say `ranges`. */
export interface Download {
  readonly encoding?: Encoding;
  readonly bytes?: number;
  readonly digests?: Digests;
  /** Digests of what the bytes are once they are decompressed, where that is published. */
  readonly uncompressedDigests?: Digests;
  /**
   * Read from its beginning to its end, `open` throws INTEGRITY where the bytes are not those that the image is known by. It says what
   * they are held against where that is no digest of the bytes alone: `sha256` of them and what stands before them, `blocks-sha256` of
   * each block.
   */
  readonly verifiedBy?: 'sha256' | 'blocks-sha256';
  /** A detached signature over the bytes as `open` gives them: whoever reads all of them judges it by the account's `signatures`. */
  readonly signature?: Uint8Array;
  readonly handover?: Handover;
  readonly original?: OriginalDocuments;
  /** The disk lies in parts that the original names: who takes those over as they are needs no disk. */
  readonly inParts?: boolean;
  /** Opens the data at byte `from` (default 0), up to and with byte `to`. Asks the provider anew each time. */
  open(from?: number, to?: number): Bytes;
  /**
   * What of a raw disk was ever written, in ascending order: all else is zeros, and is not asked for. Asks the provider anew each time.
   * Only beside `bytes`, and where the facts say `ranges`. Absent: not known.
   */
  extents?(): AsyncIterable<Extent>;
}

export interface ImportRequest {
  readonly into?: string;
  /** As for an upload. */
  readonly nameMustBeFree?: boolean;
  readonly id?: string;
  readonly description: Description & { readonly name: string };
  readonly url?: string;
  readonly method?: string;
  /** What a download of the same provider gave. UNSUPPORTED, before anything is made, where it is of no use here. */
  readonly handover?: Handover;
  readonly places?: readonly string[];
  /**
   * Asked by a driver that fetches to this machine, before an image gets the file; `format` is what is said of it. What it
   * throws is to be passed on, and nothing made or changed.
   */
  readonly judge?: (file: string, format: Format) => Promise<void>;
  readonly extras: ExtraValues;
}

export type ShareState = 'pending' | 'accepted' | 'rejected';
/** `list`: who has access. `accept`, `reject` and `pending` (undecided again) answer on the receiving side; `with` is then the caller's own, if it is not named. */
export interface ShareRequest {
  readonly id: string;
  readonly action: 'add' | 'remove' | 'accept' | 'reject' | 'pending' | 'list';
  readonly with?: string;
}
export interface Member {
  readonly with: string;
  readonly state: ShareState;
  readonly since?: string;
}

/** A place where images can lie. `usable: doubtful`: the provider lists it, yet is known to refuse images there. */
export interface Place {
  readonly name: string;
  readonly title?: string;
  readonly usable: 'yes' | 'doubtful' | 'no';
  readonly isDefault?: boolean;
  readonly note?: string;
}

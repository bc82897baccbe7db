import type { Format } from './encoding.ts';
import type { Image } from './image.ts';

/** A way to lay out images as files in a folder, so that any web server can offer them to the clients of that format. */
export interface TreeFormat {
  readonly title: string;
  /** What disks are written as. */
  readonly diskFormat: Format;
  /** Paths of the documents of a tree, in the order in which they are written: at any moment those that are there fit together. */
  readonly documents: readonly string[];
  /** The document by which a folder is known to hold a tree. */
  readonly start: string;
  /**
   * The tree of which these are the documents, an empty one where none is there. What is in them and not understood is kept. Throws
   * CONFLICT for what cannot be added to.
   */
  open(read: ReadText, wishes: TreeWishes): Promise<Tree>;
}

/** The text of a file below the root; absent: it is not there. */
export type ReadText = (path: string) => Promise<string | undefined>;

export interface TreeWishes {
  /** Its documents are written in a signed form too. */
  readonly isSigned: boolean;
  /** Asked for, of images that do not say which they are for; absent: the one that they are published for, else the usual one. */
  readonly architecture?: string | undefined;
  readonly now: Date;
}

/** What is published, and what is being added. Paths count from the root; none is ever given other content than it had. */
export interface Tree {
  /** The name under which versions of the image stand together. */
  productOf(image: Image): string;
  /** What it is published for, as publishers call that. */
  architectureOf(image: Image): string;
  /** The versions of the same name that hold its disk, for other architectures. */
  elsewhere(image: Image): readonly Published[];
  /** The versions that hold the disk of the image already, the newest first; or, where it was written, that very disk. */
  find(image: Image, disk?: Pick<WrittenDisk, 'sha256'>): readonly Published[];
  /** Begins a version of an image, whose name nobody else gets from now on. Throws CONFLICT where there is no room for it. */
  begin(image: Image): NewVersion;
  /** The same version once more, by the image whose disk it holds. `metadata`: what was published; absent: it is lost. */
  renew(image: Image, published: Published, metadata?: Uint8Array): NewVersion;
  /** All versions that were published so; those of other tools are none of ours. */
  published(): readonly Published[];
  /** Takes versions out of the documents, but for so many of the newest of each product; those of other tools stay. Gives those that went. */
  keepNewest(count: number): readonly Published[];
  /** Files of versions that went, now or in earlier runs, and that these documents do not name. */
  retired(): readonly PublishedFile[];
  /** Says no more of such files. */
  forget(files: readonly PublishedFile[]): void;
  documents(): readonly TreeDocument[];
}

export interface TreeDocument {
  readonly path: string;
  readonly text: string;
  /** It is written clear-signed. */
  readonly isSigned: boolean;
}

/** One version of an image, as it is published. */
export interface Published {
  readonly product: string;
  readonly serial: string;
  readonly disk: PublishedFile;
  /** The file that clients read before the disk. */
  readonly metadata: PublishedFile;
  /** SHA-256 of the metadata and the disk behind it: what clients know it by. */
  readonly fingerprint: string;
}

export interface PublishedFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface NewVersion {
  readonly product: string;
  readonly serial: string;
  /** So many versions of its product are newer. */
  readonly newer: number;
  /** The file that clients read before the disk. */
  readonly metadata: Uint8Array;
  /** Where the files of the version belong. */
  placed(disk: WrittenDisk): Published;
  /** Puts it into the documents, once its files are there. */
  add(disk: WrittenDisk): void;
}

/** What became of one image. */
export interface PublishedRow {
  readonly image: string;
  readonly profile: string;
  readonly id?: string;
  /** `repaired`: it was there, but not whole, and is written again under its name. */
  readonly result: 'published' | 'repaired' | 'already there' | 'skipped' | 'failed';
  readonly product?: string;
  readonly serial?: string;
  /** Of the disk, below the folder. */
  readonly path?: string;
  readonly bytes?: number;
  readonly digests?: Readonly<Record<string, string>>;
  /** What clients of the format know it by. */
  readonly fingerprint?: string;
  /** What of files that were there already was looked at: their sizes, or every byte. */
  readonly compared?: ComparedBy;
  readonly message?: string;
  readonly code?: string;
  readonly exitCode?: number;
}

/** How files that are there are told from what was published. */
export type ComparedBy = 'size' | 'sha256';

/** A disk as it was written. */
export interface WrittenDisk {
  readonly bytes: number;
  readonly sha256: string;
  /** SHA-256 of the metadata and the disk behind it. */
  readonly fingerprint: string;
  readonly contentId: string | undefined;
}

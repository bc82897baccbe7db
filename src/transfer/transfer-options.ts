import type { Format } from '../core/encoding.ts';
import type { Content } from '../core/operation.ts';
import type { Provenance } from '../core/provenance.ts';
import type { Checksum } from './checksum.ts';
import type { SourceSignature } from './signed-source.ts';

/** What the user wants of a transfer. */
export interface TransferOptions {
  /** Format of the result; absent: as it is, or what the target takes. */
  readonly format?: Format | undefined;
  /** A raw disk is compressed on its way, where that makes it smaller. */
  readonly compress?: boolean;
  /** What the user says that the source is. */
  readonly fromFormat?: Format | undefined;
  /** Codes of findings that are meant to be so. */
  readonly allowUnsafe: readonly string[];
  readonly checksum?: Checksum | undefined;
  /** A signature over the source that must be good. */
  readonly signature?: SourceSignature | undefined;
  /** What is proved of where the source comes from, once all of it has been read. */
  proved?(): Provenance;
}

/** What a transfer works with. `folder` is for temporary files; the first of `digests` is taken of what is sent; none: none is. */
export interface TransferContext {
  readonly digests: readonly string[];
  /** The target can tell by its SHA-256 whether it has a file already: what lies near is read once more to know that beforehand. */
  readonly hashFirst?: boolean;
  /**
   * The target takes such a content in blocks, and knows each of them by its digest: it proves no digest of the whole, and none is
   * needed beforehand. Absent: it takes none so.
   */
  byBlocks?(content: Pick<Content, 'encoding' | 'bytes'>): boolean;
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Says what was found in a source and is worth a warning. */
  warn(message: string): void;
  /** Bytes that have passed, of `total` where that is known. */
  progress(bytes: number, total: number | undefined): void;
}

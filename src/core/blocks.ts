import type { ImageRecord } from './image.ts';
import type { Call } from './call.ts';
import type { Compression } from './encoding.ts';
import type { Bytes } from './http.ts';
import type { Content, Digests, UploadRequest } from './request.ts';

export type BlockDigest = 'sha256' | 'md5' | 'crc32c';

/** How a target takes a disk that is not sent as one stream: known without a network. */
export interface BlockFacts {
  /** Length of every block but the last, unless the upload that was begun has its own (`BlockUpload.blockBytes`). */
  readonly bytes: number;
  /** `ascending`: each only once the one before it is there, so there is never more than one under way. */
  readonly order: 'any' | 'ascending';
  /** The most blocks that are under way at once. So many are held in memory. */
  readonly concurrency: number;
  /** What was never put reads as zeros: blocks of zeros are not handed over. */
  readonly sparse: boolean;
  /** What goes with each block. Absent: nothing. */
  readonly digest?: BlockDigest;
  /** Blocks can be asked for compressed (`Block.packed`). */
  readonly compresses?: boolean;
  /** The target knows the disk by the digests of its blocks: nobody asks it for one of the whole. */
  readonly knownByBlocks?: boolean;
}

/** A block as it is kept: compressed by itself, unless that makes it hardly smaller. */
export interface PackedBlock {
  readonly compression?: Compression;
  /** Valid as long as the block's own are. */
  readonly bytes: Uint8Array;
  /** SHA-256 of these bytes, in hex. */
  readonly sha256: string;
}

/** A piece of a disk. `bytes` are valid until `put` has settled: their memory is used again. */
export interface Block {
  /** Counted from 0, those of zeros included. */
  readonly index: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** Where the facts name one; of CRC-32C the four bytes in network order. */
  readonly digest?: Uint8Array;
  /** Compresses it, once, when it is asked for first. Where the facts say `compresses`. */
  packed?(): Promise<PackedBlock>;
}

/** What was sent, once all of it has been. */
export interface BlocksSent {
  /** How many blocks are there now: those that were put, and those that were there already. Skipped zeros are none. */
  readonly blocks: number;
  /** Digests of these blocks, in ascending order, where the facts name one; else none. */
  readonly digests: Iterable<Uint8Array>;
  /** Count and digests of the whole content, as `Content.sent` has them. */
  readonly content: { readonly bytes: number; readonly digests: Digests };
}

/** A disk on its way to a provider, block by block. */
export interface BlockUpload<Made = ImageRecord> {
  /**
   * Names it to the provider, so that another run can go on with it. It may change with every block: the latest counts. Whoever
   * keeps it keeps it to himself, for it may be all that it takes to write to this upload.
   */
  readonly ref: string;
  /** Length of every block but the last, where the provider, the account or the size of the disk decides. Absent: as the facts say. */
  readonly blockBytes?: number;
  /** Whether a block is there already: since another run has put it, or since the image that it builds on has it. Absent: none is. */
  has?(index: number): boolean;
  /**
   * Puts one block; it may be called again for a block that failed. Throws, with `lost`, where the provider does not know the
   * upload any more. NETWORK, 429 and 5xx are tried again by the caller; whatever else it throws ends the upload.
   */
  put(block: Block, call: Call): Promise<void>;
  /** Makes the image. Throws INTEGRITY where the provider has got something else, with `lost` as `put` does. */
  complete(sent: BlocksSent, call: Call): Promise<Made>;
  /** Removes what has been sent. Throws what keeps it from going. */
  abort(call: Call): Promise<void>;
}

/** Sends a content block by block, and gives what the upload makes of it: `transfer/blocks/send-blocks.ts`. */
export type SendBlocks = <Made>(
  content: Pick<Content, 'bytes' | 'open' | 'pieces' | 'hashing' | 'arrived' | 'sent'>,
  upload: BlockUpload<Made>,
  facts: BlockFacts,
  call: Call,
) => Promise<Made>;

/** A stretch of a raw disk that lies at a provider by itself. Digests are SHA-256 in hex. */
export interface StoredBlock {
  /** Where on the disk it begins, and how much of that it is. */
  readonly offset: number;
  readonly length: number;
  /** Digest of these bytes of the disk. */
  readonly content: string;
  /** How it is compressed there. Absent: not at all. */
  readonly compression?: Compression;
  /** Length and digest of what `open` gives. */
  readonly bytes: number;
  readonly sha256: string;
  /** What it gives may lie in `into` already, from the beginning on. */
  open(into?: Uint8Array): Bytes;
}

/** A raw disk in blocks, in ascending order; what is between them is zeros. */
export interface StoredDisk {
  readonly bytes: number;
  readonly blocks: readonly StoredBlock[];
}

/**
 * Bytes of a disk from `from` up to and with `to`, several blocks at once: `transfer/blocks/read-blocks.ts`. Each block is
 * proved by both of its digests before a byte of it is given; throws INTEGRITY where it is another one.
 */
export type ReadBlocks = (disk: StoredDisk, from: number, to: number, call: Call) => Bytes;

/** What is known of a content before it is read. */
export type ContentFacts = Omit<Content, 'open' | 'pieces' | 'hashing' | 'arrived' | 'sent'>;

/** An upload of which the bytes are handed over later. */
export interface BlockRequest extends Omit<UploadRequest, 'content'> {
  readonly content: ContentFacts;
}

/** What decides about the form of an upload. */
export type BlockForm = Pick<BlockRequest, 'extras' | 'handover' | 'original' | 'inParts'> & {
  readonly content: Pick<ContentFacts, 'encoding' | 'bytes'>;
};

/** The block form of an upload: an operation has this, or `run`, or both. */
export interface BlockOperation<Client> {
  readonly blocks: BlockFacts;
  /**
   * The blocks in which this account is to get this content at once; none: as a stream, and in `blocks` only after `run` has failed with
   * `tooMuchAtOnce`, or because there is no other form. Absent: in `blocks`. Does no I/O.
   */
  inBlocks?(client: Client, request: BlockForm): BlockFacts | undefined;
  /** Begins an upload; gives the image itself where the provider has all of it already. Throws as `run` does, and then leaves nothing behind. */
  begin(client: Client, request: BlockRequest, call: Call): Promise<BlockUpload | ImageRecord>;
  /**
   * Goes on with an upload that another run has begun for the same request. Throws NOT_FOUND where the provider does not know it (any
   * more). Absent: none can be gone on with.
   */
  resume?(client: Client, ref: string, request: BlockRequest, call: Call): Promise<BlockUpload>;
  /**
   * Takes away what another run has begun and nobody goes on with. Throws NOT_FOUND where it is already gone. Absent: it is taken up
   * without a length, and let go.
   */
  abandon?(client: Client, ref: string, call: Call): Promise<void>;
}

import type { RandomSource } from '../extents.ts';

/** How a packed piece of a disk becomes bytes. Both functions throw INTEGRITY errors. */
export interface Codec {
  /** The raw deflate stream inside, with slack behind it; absent where the data is not deflate. */
  deflated?(bytes: Uint8Array, extent: PackedExtent): Uint8Array;
  /** The `full` bytes it stands for, never more; fewer only where that is all that the disk has left: `length`. */
  unpack(bytes: Uint8Array, extent: PackedExtent): Promise<Uint8Array>;
  /** A stricter and slower check than `unpack`, made on samples. Throws where it fails. */
  prove?(bytes: Uint8Array, extent: PackedExtent): void;
}

/** Compressed bytes: `size` of them at most lie at `offset` of the file; they give `full` bytes, the first `length` of which are the disk's. */
export interface PackedExtent {
  readonly kind: 'packed';
  readonly offset: number;
  readonly size: number;
  readonly length: number;
  readonly full: number;
  /** Where on the disk they belong, in bytes. */
  readonly guest: number;
  readonly codec: Codec;
}

/** A stretch of the disk and where its bytes are. Extents follow each other without gaps, from the disk's first byte. */
export type Extent =
  { readonly kind: 'zero'; length: number } | { readonly kind: 'stored'; readonly offset: number; length: number } | PackedExtent;

/** Collects extents; what continues the one before is joined to it. */
export interface ExtentList {
  readonly extents: Extent[];
  zero(length: number): void;
  stored(offset: number, length: number): void;
  packed(extent: Omit<PackedExtent, 'kind'>): void;
}

export function extentList(): ExtentList {
  const extents: Extent[] = [];
  let last: Extent | undefined;
  const push = (extent: Extent) => {
    last = extent;
    extents.push(extent);
  };
  return {
    extents,
    zero(length) {
      if (last?.kind === 'zero') last.length += length;
      else push({ kind: 'zero', length });
    },
    stored(offset, length) {
      if (last?.kind === 'stored' && last.offset + last.length === offset) last.length += length;
      else push({ kind: 'stored', offset, length });
    },
    packed(extent) {
      push({ kind: 'packed', ...extent });
    },
  };
}

/** Extents in pieces of bounded size, table by table. */
export type ExtentBatches = AsyncIterable<readonly Extent[]>;

/** The whole file is the disk; its holes are not read where they are known. */
export async function* sparseExtents(source: RandomSource): ExtentBatches {
  const spans = await source.spans?.();
  if (!spans) return yield* flatExtents(source.size);
  const list = extentList();
  let at = 0;
  for (const { offset, length } of spans) {
    if (offset > at) list.zero(offset - at);
    list.stored(offset, length);
    at = offset + length;
  }
  if (source.size > at) list.zero(source.size - at);
  yield list.extents;
}

/** The whole file, or the first `length` bytes of it, is the disk. */
export async function* flatExtents(length: number): ExtentBatches {
  await Promise.resolve();
  if (length > 0) yield [{ kind: 'stored', offset: 0, length }];
}

/** Ranges of a file that belong to tables, to be compared with where data claims to be. */
export interface ByteRanges {
  /** Whether two of the ranges lie on each other. */
  readonly collide: boolean;
  /** Whether any range has a byte of these in it. */
  touch(offset: number, length: number): boolean;
}

/**
 * `fixed` ranges of any length, and `tables` of `tableBytes` each, of which those at 0 are not there.
 * Sorted numbers instead of a set of clusters: memory depends on the tables, not on the size of the file.
 */
export function byteRanges(
  fixed: readonly (readonly [offset: number, length: number])[],
  tables: Float64Array,
  tableBytes: number,
): ByteRanges {
  const present = tables.filter((offset) => offset > 0).sort();
  const fixedTouch = (offset: number, length: number, others = fixed) =>
    length > 0 && others.some(([from, size]) => size > 0 && offset < from + size && from < offset + length);
  const tableTouch = (offset: number, length: number) => {
    // The only table that can reach into the range is the last that begins before its end.
    const before = present[countBelow(present, offset + length) - 1];
    return length > 0 && before !== undefined && before + tableBytes > offset;
  };
  const tablesCollide = present.some((offset, index) => {
    const next = present[index + 1];
    return (next !== undefined && next < offset + tableBytes) || fixedTouch(offset, tableBytes);
  });
  const fixedCollide = fixed.some(([offset, length], index) => fixedTouch(offset, length, fixed.slice(index + 1)));
  return {
    collide: tablesCollide || fixedCollide,
    touch: (offset, length) => tableTouch(offset, length) || fixedTouch(offset, length),
  };
}

/** How many of the sorted numbers are below `limit`. */
function countBelow(sorted: Float64Array, limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? Infinity) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

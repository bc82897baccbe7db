/** A column as the fitting sees it: how wide its widest cell is, and what may be done to it. */
export interface ColumnNeed {
  readonly width: number;
  readonly mayShrink: boolean;
  /** It shrinks no further than this; absent: as far as has to be. */
  readonly floor?: number;
  /** Place in the order of doing without; absent: it stays. */
  readonly spare?: number | undefined;
}

/** A column that is drawn: where it stands among those that were asked for, and how wide it is. */
export interface Fitted {
  readonly at: number;
  readonly width: number;
}

export const gap = 2;
/** Widths below which a column that may shrink says too little, the next one only where the one before does not fit. */
const leasts = [12, 8, 5];

const total = (widths: readonly number[]): number => widths.reduce((sum, width) => sum + width, 0) + gap * (widths.length - 1);
const smallest = ({ width, mayShrink, floor = 0 }: ColumnNeed, least: number): number =>
  mayShrink ? Math.min(width, Math.max(floor, least)) : width;

/**
 * Which columns are drawn, and how wide, so that a line fits into `columns`: spare ones go first, then the widest that may shrink
 * do. What still does not fit stands over the edge. `columns` 0: no bound.
 */
export function fit(wishes: readonly ColumnNeed[], columns: number): readonly Fitted[] {
  let kept = wishes.map((wish, at) => ({ at, wish }));
  const spares = kept.filter(({ wish }) => wish.spare !== undefined).sort((a, b) => (a.wish.spare ?? 0) - (b.wish.spare ?? 0));
  for (const { at } of columns > 0 ? spares : []) {
    if (total(kept.map(({ wish }) => wish.width)) <= columns) break;
    kept = kept.filter((column) => column.at !== at);
  }
  const shrinkable = kept.map(({ wish }) => wish);
  const least = leasts.find((one) => total(shrinkable.map((wish) => smallest(wish, one))) <= columns) ?? leasts.at(-1) ?? 1;
  const widths = shrinkable.map(({ width }) => width);
  while (columns > 0 && total(widths) > columns) {
    const widest = widestAbove(
      shrinkable.map((wish) => (wish.mayShrink ? smallest(wish, least) : Number.POSITIVE_INFINITY)),
      widths,
    );
    if (widest === undefined) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return kept.map(({ at }, index) => ({ at, width: widths[index] ?? 0 }));
}

/** How wide a line of these columns is. */
export const lineWidth = (fitted: readonly Fitted[]): number => total(fitted.map(({ width }) => width));

function widestAbove(least: readonly number[], widths: readonly number[]): number | undefined {
  let widest: number | undefined;
  widths.forEach((width, at) => {
    if (width > (least[at] ?? 0) && (widest === undefined || width > (widths[widest] ?? 0))) widest = at;
  });
  return widest;
}

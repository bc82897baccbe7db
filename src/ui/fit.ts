/** A column as the fitting sees it: how wide its widest cell is, and what may be done to it. */
export interface Wish {
  readonly width: number;
  readonly mayShrink: boolean;
  /** Place in the order of doing without; absent: it stays. */
  readonly spare?: number | undefined;
}

const gap = 2;
/** A name of fewer columns says too little. */
const least = 12;

const total = (widths: readonly number[]): number => widths.reduce((sum, width) => sum + width, 0) + gap * (widths.length - 1);
const smallest = ({ width, mayShrink }: Wish): number => (mayShrink ? Math.min(width, least) : width);

/**
 * Which columns are drawn, and how wide, so that a line fits into `columns`: the widest that may shrink do, then spare
 * ones go. What still does not fit stands over the edge. `columns` 0: no bound.
 */
export function fit(wishes: readonly Wish[], columns: number): readonly { readonly at: number; readonly width: number }[] {
  let kept = wishes.map((wish, at) => ({ at, wish }));
  const spares = kept.filter(({ wish }) => wish.spare !== undefined).sort((a, b) => (a.wish.spare ?? 0) - (b.wish.spare ?? 0));
  for (const { at } of columns > 0 ? spares : []) {
    if (total(kept.map(({ wish }) => smallest(wish))) <= columns) break;
    kept = kept.filter((column) => column.at !== at);
  }
  const widths = kept.map(({ wish }) => wish.width);
  while (columns > 0 && total(widths) > columns) {
    const widest = widestAbove(
      kept.map(({ wish }) => (wish.mayShrink ? smallest(wish) : Number.POSITIVE_INFINITY)),
      widths,
    );
    if (widest === undefined) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return kept.map(({ at }, index) => ({ at, width: widths[index] ?? 0 }));
}

function widestAbove(least: readonly number[], widths: readonly number[]): number | undefined {
  let widest: number | undefined;
  widths.forEach((width, at) => {
    if (width > (least[at] ?? 0) && (widest === undefined || width > (widths[widest] ?? 0))) widest = at;
  });
  return widest;
}

import { fit, lineWidth, type Fitted, type ColumnNeed } from './column-widths.ts';
import { comma } from './cell-wrap.ts';
import type { Io } from './io.ts';
import type { Styles } from './style.ts';
import type { CellRow } from './aligned-rows.ts';
import type { ChosenColumn, View } from './view.ts';
import type { Measure } from './width.ts';

export const indent = '  ';

/** How a list is drawn on a terminal. `whole`: nothing is cut or left out, however wide it gets. */
export interface TableOptions {
  readonly header: boolean;
  readonly whole: boolean;
  /** The columns are the view's usual ones: spare ones may go, and the table may be turned. */
  readonly usual: boolean;
}

/**
 * Which columns are drawn in a line; `above`: what is never cut and does not fit beside them stands in a line before it; `below`:
 * lists that do not fit stand behind their names in lines of their own.
 */
export interface LinePlan {
  readonly above: readonly Fitted[];
  readonly beside: readonly Fitted[];
  readonly below: readonly number[];
}

/** A list, and how and where it is drawn. */
export interface TableInput<T> {
  readonly view: View<T>;
  readonly chosen: readonly ChosenColumn<T>[];
  readonly options: TableOptions;
  readonly io: Io;
  readonly styled: Styles;
  readonly mark: string;
}

export const mayShrink = (kind: string | undefined): boolean => kind === undefined || kind === 'text' || kind === 'list';

function wishesOf<T>({ view, chosen, options }: TableInput<T>, rows: readonly CellRow[], measure: Measure): ColumnNeed[] {
  return chosen.map(({ name, column }, at) => {
    const spare = options.usual ? (view.spare?.indexOf(name) ?? -1) : -1;
    const widest = (texts: (text: string) => readonly string[]): number =>
      rows.reduce((most, row) => texts(row[at]?.text ?? '').reduce((wide, text) => Math.max(wide, measure(text)), most), 1);
    return {
      width: rows.reduce((most, row) => Math.max(most, measure(row[at]?.text ?? '')), 1),
      mayShrink: mayShrink(column.kind),
      ...(column.kind === 'list' ? { floor: widest((text) => text.split(comma)) + 1 } : {}),
      spare: spare < 0 ? undefined : spare,
    };
  });
}

/** How the rows fit into the terminal: names never go, ids are never cut, and lists stay whole. */
export function planFor<T>(grid: TableInput<T>, rows: readonly CellRow[], measure: Measure): LinePlan {
  const { chosen, io, options } = grid;
  const columns = options.whole ? 0 : io.columns;
  const wishes = wishesOf(grid, rows, measure).map((wish, at) => ({ wish, at, kind: chosen[at]?.column.kind }));
  const fitted = (some: typeof wishes, room: number): readonly Fitted[] =>
    fit(
      some.map(({ wish }) => wish),
      room,
    ).map(({ at, width }) => ({ at: some[at]?.at ?? 0, width }));
  const fits = (some: readonly Fitted[]): boolean => columns <= 0 || lineWidth(some) <= columns;
  const all = fitted(wishes, columns);
  if (fits(all)) return { above: [], beside: all, below: [] };
  const short = wishes.filter(({ kind }) => kind !== 'list');
  const below = short.length === 0 ? [] : wishes.filter(({ kind }) => kind === 'list').map(({ at }) => at);
  const beside = below.length > 0 ? fitted(short, columns) : all;
  if (fits(beside)) return { above: [], beside, below };
  const ids = beside.filter(({ at }) => chosen[at]?.column.kind === 'id');
  if (ids.length === 0 || ids.length === beside.length) return { above: [], beside, below };
  const rest = (below.length > 0 ? short : wishes).filter(({ kind }) => kind !== 'id');
  return { above: ids, beside: fitted(rest, columns - indent.length), below };
}

/** Whether the rows do not fit side by side whatever is cut. */
export const isTooWide = <T>(grid: TableInput<T>, rows: readonly CellRow[], measure: Measure): boolean =>
  grid.chosen.length > 0 &&
  grid.io.columns > 0 &&
  lineWidth(fit(wishesOf(grid, rows, measure), grid.io.columns)) > grid.io.columns;

import { fit, type Wish } from './fit.ts';
import type { Gathered } from './gather.ts';
import type { Io } from './io.ts';
import { humanText } from './shown.ts';
import { statusPaint, styles, type Styles } from './style.ts';
import { drawRows, type Cell, type Layout, type Row } from './table.ts';
import { safe } from './text.ts';
import type { Chosen, View } from './view.ts';
import { cut, measureFor, type Measure } from './width.ts';

/** Rows that are looked at before the first is drawn: they fix the widths. Later ones are drawn in portions of this many. */
const sampleRows = 1000;

/** How a list is drawn on a terminal. `whole`: nothing is cut or left out, however wide it gets. */
export interface GridOptions {
  readonly header: boolean;
  readonly whole: boolean;
  /** The columns are the view's usual ones: spare ones may go, and the table may be turned. */
  readonly usual: boolean;
}

interface Grid<T> {
  readonly chosen: readonly Chosen<T>[];
  readonly io: Io;
  readonly styled: Styles;
  readonly mark: string;
}

/** A list as a table on a terminal: `add` takes the items one by one, `end` draws what is left. */
export function gridFor<T>(view: View<T>, chosen: readonly Chosen<T>[], options: GridOptions, io: Io, out: Gathered) {
  let waiting: T[] = [];
  let plan: readonly { readonly at: number; readonly width: number }[] | undefined;

  async function draw(): Promise<void> {
    const grid = { chosen, io, styled: await styles(io.color), mark: io.unicode ? '…' : '~' };
    const first = plan === undefined;
    let rows = waiting.map((item) => cellsOf(grid, item));
    const headed = first && options.header ? [headings(grid), ...rows] : rows;
    const measure = await measureFor(textsOf(headed));
    plan ??= fit(wishesOf(view, chosen, headed, options, measure), options.whole ? 0 : io.columns);
    waiting = [];
    if (first && view.turns && options.usual && isTooWide(plan, chosen, io)) return void (await out.write(await turned(headed)));
    rows = headed.map((row) => cutRow(grid, row, plan ?? [], options.whole, measure));
    await out.write(await drawRows(rows, layoutOf(chosen, plan), measure));
  }

  return {
    async add(item: T): Promise<void> {
      waiting.push(item);
      if (waiting.length >= sampleRows) await draw();
    },
    async end(): Promise<void> {
      if (waiting.length > 0) await draw();
    },
  };
}

const isRight = (kind: string | undefined): boolean => kind === 'size' || kind === 'number';
const mayShrink = (kind: string | undefined): boolean => kind === undefined || kind === 'text';

function headings<T>({ chosen, styled }: Grid<T>): Row {
  return chosen.map(({ name, column }) => ({ text: safe(column.title ?? name), paint: styled.heading }));
}

function cellsOf<T>({ chosen, io, styled }: Grid<T>, item: T): Row {
  return chosen.map(({ column }) => {
    const value = column.value(item);
    return { text: humanText(column, value, io), paint: column.kind === 'status' ? statusPaint(value, styled) : undefined };
  });
}

function* textsOf(rows: readonly Row[]): Iterable<string> {
  for (const row of rows) for (const cell of row) yield cell.text;
}

function wishesOf<T>(
  view: View<T>,
  chosen: readonly Chosen<T>[],
  rows: readonly Row[],
  options: GridOptions,
  measure: Measure,
): Wish[] {
  return chosen.map(({ name, column }, at) => {
    const spare = options.usual ? (view.spare?.indexOf(name) ?? -1) : -1;
    return {
      width: rows.reduce((widest, row) => Math.max(widest, measure(row[at]?.text ?? '')), 1),
      mayShrink: mayShrink(column.kind),
      spare: spare < 0 ? undefined : spare,
    };
  });
}

function layoutOf<T>(chosen: readonly Chosen<T>[], plan: readonly { readonly at: number; readonly width: number }[]): Layout {
  return { widths: plan.map(({ width }) => width), right: plan.map(({ at }) => isRight(chosen[at]?.column.kind)) };
}

function cutRow<T>(
  grid: Grid<T>,
  row: Row,
  plan: readonly { readonly at: number; readonly width: number }[],
  whole: boolean,
  measure: Measure,
): Row {
  return plan.map(({ at, width }): Cell => {
    const cell = row[at] ?? { text: '' };
    if (whole || !mayShrink(grid.chosen[at]?.column.kind)) return cell;
    return { ...cell, text: cut(cell.text, width, measure, grid.mark) };
  });
}

function isTooWide<T>(plan: readonly { readonly width: number }[], chosen: readonly Chosen<T>[], io: Io): boolean {
  const width = plan.reduce((sum, column) => sum + column.width + 2, -2);
  return chosen.length > 0 && io.columns > 0 && width > io.columns;
}

/** Columns as lines and rows as columns. */
async function turned(rows: readonly Row[]): Promise<string> {
  const lines = (rows[0] ?? []).map((_cell, at) => rows.map((row) => row[at] ?? { text: '' }));
  const measure = await measureFor(textsOf(lines));
  const widths = rows.map((row) => row.reduce((widest, cell) => Math.max(widest, measure(cell.text)), 1));
  return drawRows(lines, { widths, right: widths.map(() => false) }, measure);
}

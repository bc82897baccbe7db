import type { Fitted } from './column-widths.ts';
import { foldList, foldRow, narrowing, type Narrow } from './cell-wrap.ts';
import type { BufferedSink } from './output-buffer.ts';
import type { Io } from './io.ts';
import { indent, isTooWide, mayShrink, planFor, type TableInput, type TableOptions, type LinePlan } from './table-layout.ts';
import { humanText } from './cell-text.ts';
import { statusPaint, styles } from './style.ts';
import { drawRows, type CellRow } from './aligned-rows.ts';
import { safe } from './sanitize.ts';
import { columnNamed, type ChosenColumn, type View } from './view.ts';
import { measureFor, type Measure } from './width.ts';

/** Rows that are looked at before the first is drawn: they fix the widths. Later ones are drawn in portions of this many. */
const sampleRows = 1000;

/** A list as a table on a terminal: `add` takes the items one by one, `end` draws what is left. */
export function tableFor<T>(view: View<T>, asked: readonly ChosenColumn<T>[], options: TableOptions, io: Io, out: BufferedSink) {
  let waiting: T[] = [];
  let plan: LinePlan | undefined;
  let chosen = asked;

  async function draw(): Promise<void> {
    if (plan === undefined && options.usual) chosen = [...asked, ...besides(view, asked, waiting)];
    const grid = { view, chosen, options, io, styled: await styles(io.color), mark: io.unicode ? '…' : '~' };
    const rows = waiting.map((item) => cellsOf(grid, item));
    const headed = plan === undefined && options.header ? [headings(grid), ...rows] : rows;
    const measure = await measureFor(textsOf(headed));
    waiting = [];
    if (plan === undefined && view.turns && options.usual && isTooWide(grid, headed, measure))
      return void (await out.write(await turned(headed)));
    plan ??= planFor(grid, headed, measure);
    await out.write(await drawn(grid, headed, plan, measure));
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

/** What tells these items apart, where it is not among what is shown already. */
const besides = <T>(view: View<T>, chosen: readonly ChosenColumn<T>[], items: readonly T[]): readonly ChosenColumn<T>[] =>
  (view.apart?.(items) ?? [])
    .filter((name) => !chosen.some((each) => each.name === name))
    .flatMap((name) => columnNamed(view, name) ?? []);

const isRight = (kind: string | undefined): boolean => kind === 'size' || kind === 'number';
function headings<T>({ chosen, styled }: TableInput<T>): CellRow {
  return chosen.map(({ name, column }) => ({ text: safe(column.title ?? name), paint: styled.heading }));
}

function cellsOf<T>({ chosen, io, styled }: TableInput<T>, item: T): CellRow {
  return chosen.map(({ column }) => {
    const value = column.value(item);
    return { text: humanText(column, value, io, item), paint: column.kind === 'status' ? statusPaint(value, styled) : undefined };
  });
}

function* textsOf(rows: readonly CellRow[]): Iterable<string> {
  for (const row of rows) for (const cell of row) yield cell.text;
}

/** The rows as text: each as many lines as it takes, with what stands above and below it. */
async function drawn<T>(grid: TableInput<T>, rows: readonly CellRow[], plan: LinePlan, measure: Measure): Promise<string> {
  const folded = foldedBy(grid, rows, plan.beside, measure);
  const text = await drawRows(folded.flat(), layoutOf(grid, plan.beside), measure);
  if (plan.above.length === 0 && plan.below.length === 0) return text;
  const lines = text.split('\n');
  const ids = plan.above.length === 0 ? [] : await linesOf(grid, rows, plan.above, measure);
  let next = 0;
  return rows
    .flatMap((row, at) => {
      const own = lines.slice(next, (next += folded[at]?.length ?? 0));
      const isHeading = row[0]?.paint === grid.styled.heading;
      const lists = isHeading ? [] : plan.below.flatMap((column) => listBelow(grid, row, column, plan.below, measure));
      const above = ids[at];
      return [...(above === undefined ? own : [above, ...own.map((line) => (line === '' ? '' : indent + line))]), ...lists];
    })
    .map((line) => `${line}\n`)
    .join('');
}

async function linesOf<T>(
  grid: TableInput<T>,
  rows: readonly CellRow[],
  fitted: readonly Fitted[],
  measure: Measure,
): Promise<readonly string[]> {
  const text = await drawRows(
    rows.map((row) => cellsAt(row, fitted)),
    layoutOf(grid, fitted),
    measure,
  );
  return text.split('\n');
}

/** A list as lines behind its column's name; nothing where it is empty. */
function listBelow<T>(
  { chosen, io, styled }: TableInput<T>,
  row: CellRow,
  at: number,
  all: readonly number[],
  measure: Measure,
): readonly string[] {
  const text = row[at]?.text ?? '';
  if (text === '') return [];
  const titleOf = (column: number): string => safe(chosen[column]?.column.title ?? chosen[column]?.name ?? '');
  const width = Math.max(...all.map((column) => measure(titleOf(column)))) + 2;
  const space = (used: string): string => ' '.repeat(width - measure(used));
  const title = titleOf(at);
  return foldList(text, Math.max(1, io.columns - indent.length - width), measure).map((line, index) =>
    index === 0 ? `${indent}${styled.heading(title)}${space(title)}${line}` : `${indent}${space('')}${line}`,
  );
}

const cellsAt = (row: CellRow, fitted: readonly Fitted[]): CellRow => fitted.map(({ at }) => row[at] ?? { text: '' });

/** Each row as the lines that it takes. */
function foldedBy<T>(
  grid: TableInput<T>,
  rows: readonly CellRow[],
  fitted: readonly Fitted[],
  measure: Measure,
): readonly (readonly CellRow[])[] {
  const narrow = fitted.map(({ at, width }): Narrow => {
    const kind = grid.chosen[at]?.column.kind;
    if (grid.options.whole || !mayShrink(kind)) return (text) => text;
    return narrowing(
      rows.map((row) => row[at]?.text ?? ''),
      width,
      kind === 'list',
      measure,
      grid.mark,
    );
  });
  return rows.map((row) => foldRow(cellsAt(row, fitted), narrow));
}

const layoutOf = <T>(
  { chosen }: TableInput<T>,
  fitted: readonly Fitted[],
): { widths: readonly number[]; right: readonly boolean[] } => ({
  widths: fitted.map(({ width }) => width),
  right: fitted.map(({ at }) => isRight(chosen[at]?.column.kind)),
});

/** Columns as lines and rows as columns. */
async function turned(rows: readonly CellRow[]): Promise<string> {
  const lines = (rows[0] ?? []).map((_cell, at) => rows.map((row) => row[at] ?? { text: '' }));
  const measure = await measureFor(textsOf(lines));
  const widths = rows.map((row) => row.reduce((widest, cell) => Math.max(widest, measure(cell.text)), 1));
  return drawRows(lines, { widths, right: widths.map(() => false) }, measure);
}

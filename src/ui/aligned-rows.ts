import { isNarrow, type Measure } from './width.ts';
import type { Paint } from './style.ts';

/** A cell's text, already safe and cut, and how it is painted. */
export interface Cell {
  readonly text: string;
  readonly paint?: Paint | undefined;
}
export type CellRow = readonly Cell[];

/** Widths of the columns in terminal columns (at least 1), and which of them stand at the right. */
export interface ColumnLayout {
  readonly widths: readonly number[];
  readonly right: readonly boolean[];
}

const gap = '  ';
/** cli-table3's time grows with the square of the rows; up to here it is not felt. */
const fewRows = 200;

/** The rows as aligned lines, two spaces between columns, no borders, nothing at the ends of lines. Each line ends in `\n`. */
export async function drawRows(rows: readonly CellRow[], layout: ColumnLayout, measure: Measure): Promise<string> {
  const fits = rows.length <= fewRows && rows.every((row) => row.every((cell, at) => isDrawable(cell, layout.widths[at])));
  const lines = fits ? await drawnByTable(rows, layout) : rows.map((row) => drawnLine(row, layout, measure));
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

/** The table package has its own idea of wide signs, and cuts what is too long: it is given neither. */
const isDrawable = (cell: Cell, width = 0): boolean => isNarrow(cell.text) && cell.text.length <= width;

const painted = ({ text, paint }: Cell): string => (paint && text !== '' ? paint(text) : text);

function drawnLine(row: CellRow, layout: ColumnLayout, measure: Measure): string {
  return row
    .map((cell, at) => {
      const space = ' '.repeat(Math.max(0, (layout.widths[at] ?? 0) - measure(cell.text)));
      return layout.right[at] ? space + painted(cell) : painted(cell) + space;
    })
    .join(gap);
}

const noBorders = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: gap,
};

async function drawnByTable(rows: readonly CellRow[], layout: ColumnLayout): Promise<readonly string[]> {
  const { default: Table } = await import('cli-table3');
  const table = new Table({
    chars: noBorders,
    colWidths: [...layout.widths],
    colAligns: layout.right.map((right) => (right ? 'right' : 'left')),
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
  });
  table.push(...rows.map((row) => row.map(painted)));
  return table.toString().split('\n');
}

import { humanSize } from '../core/quantity.ts';
import type { Io } from './io.ts';
import { age, humanText, isEmpty, machineText } from './cell-text.ts';
import { statusPaint, styles, type Styles } from './style.ts';
import { drawRows, type CellRow } from './aligned-rows.ts';
import { safe } from './sanitize.ts';
import type { ChosenColumn, Column } from './view.ts';
import { measureFor } from './width.ts';

/**
 * One item as lines of field and value; what has parts is spread over several. On a terminal people read it: both the
 * human and the exact form of sizes and times, nothing cut. In a pipe each line is `field TAB value`.
 */
export async function details<T>(item: T, chosen: readonly ChosenColumn<T>[], io: Io): Promise<string> {
  const given = chosen
    .map(({ name, column }) => ({ name, column, value: column.value(item) }))
    .filter(({ value }) => !isEmpty(value))
    .map(({ name, column, value }) => ({ name, column, value, parts: partsOf(column, value, item) }));
  if (!io.stdoutIsTerminal) return given.flatMap(pipeLines).join('');
  const styled = await styles(io.color);
  const rows = given.flatMap((field) => rowsOf(field, item, styled, io));
  const measure = await measureFor(rows.map(([field]) => field?.text ?? ''));
  const width = rows.reduce((widest, [field]) => Math.max(widest, measure(field?.text ?? '')), 1);
  // The last column is as wide as it is: its lines have nothing behind them that wants aligning.
  const longest = rows.reduce((widest, [, value]) => Math.max(widest, value?.text.length ?? 0), 1);
  return drawRows(rows, { widths: [width, longest], right: [false, false] }, measure);
}

/** The lines of a value: its parts by name, or undefined for a value that has none. */
function partsOf<T>(column: Column<T>, value: unknown, item: T): readonly (readonly [string, unknown])[] | undefined {
  if (column.parts) return column.parts(value, item);
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !column.show) return Object.entries(value);
  return undefined;
}

/** A field of the sheet: in several lines where it has parts. */
interface Field<T> {
  readonly name: string;
  readonly column: Column<T>;
  readonly value: unknown;
  readonly parts: readonly (readonly [string, unknown])[] | undefined;
}

function pipeLines<T>({ name, value, parts }: Field<T>): string[] {
  if (!parts) return [`${safe(name)}\t${safe(machineText(value))}\n`];
  return parts.map(([part, inner]) => `${safe(`${name}.${part}`)}\t${safe(machineText(inner))}\n`);
}

function rowsOf<T>({ name, column, value, parts }: Field<T>, item: T, styled: Styles, io: Io): CellRow[] {
  const field = (text: string) => ({ text: safe(text), paint: styled.heading });
  if (!parts) {
    const paint = column.kind === 'status' ? statusPaint(value, styled) : undefined;
    return [[field(name), { text: wholeText(column, value, item, io), paint }]];
  }
  if (parts.length === 0) return [];
  return [[field(name), { text: '' }], ...parts.map(([part, inner]) => [field(`  ${part}`), { text: safe(machineText(inner)) }])];
}

function wholeText<T>(column: Column<T>, value: unknown, item: T, io: Io): string {
  if (column.kind === 'size' && typeof value === 'number' && value >= 1024) return `${humanSize(value)} (${value} bytes)`;
  if (column.kind === 'age' && typeof value === 'string' && age(value, io) !== value) return safe(`${value} (${age(value, io)})`);
  return humanText(column, value, io, item);
}

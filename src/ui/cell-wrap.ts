import type { Cell, CellRow } from './aligned-rows.ts';
import { cutMiddle, pieces, type Measure } from './width.ts';

export const comma = ', ';

/** A list's items, as many on a line as fit; an item that is too long for a line is taken apart. */
export function foldList(text: string, width: number, measure: Measure): readonly string[] {
  const lines: string[] = [];
  const items = text.split(comma).map((item, at, all) => (at < all.length - 1 ? `${item},` : item));
  for (const item of items) {
    const last = lines.at(-1);
    if (last !== undefined && measure(`${last} ${item}`) <= width) lines[lines.length - 1] = `${last} ${item}`;
    else lines.push(...pieces(item, width, measure));
  }
  return lines;
}

/** How the cells of one column are brought to its width: as one text, or as the lines that it takes. */
export type Narrow = (text: string) => string | readonly string[];

/**
 * How to narrow the cells of a column to `width`: a list is folded, other texts are cut in their middle, where most differ least; where
 * two that differ would look alike, they are folded.
 */
export function narrowing(texts: readonly string[], width: number, isList: boolean, measure: Measure, mark: string): Narrow {
  const long = new Set(texts.filter((text) => measure(text) > width));
  if (long.size === 0) return (text) => text;
  if (isList) return (text) => (long.has(text) ? foldList(text, width, measure) : text);
  const cuts = new Map([...long].map((text) => [text, cutMiddle(text, width, measure, mark)]));
  const seen = new Set(cuts.values());
  const looksAlike = seen.size < cuts.size || texts.some((text) => seen.has(text));
  return looksAlike ? (text) => (long.has(text) ? pieces(text, width, measure) : text) : (text) => cuts.get(text) ?? text;
}

/** A row as the lines that it takes: a cell of several lines goes on below, the others are empty there. */
export function foldRow(cells: CellRow, narrow: readonly Narrow[]): readonly CellRow[] {
  const texts = cells.map(({ text }, at) => narrow[at]?.(text) ?? text);
  const height = texts.reduce((most, text) => (typeof text === 'string' ? most : Math.max(most, text.length)), 1);
  const lineOf = (text: string | readonly string[] | undefined, line: number): string =>
    typeof text === 'string' ? (line === 0 ? text : '') : (text?.[line] ?? '');
  return Array.from({ length: height }, (_, line) =>
    cells.map(({ paint }, at): Cell => ({ text: lineOf(texts[at], line), paint })),
  );
}

import { usageError } from '../core/errors.ts';
import type { Io } from './io.ts';
import { nearest } from '../host/did-you-mean.ts';

export type OutputFormat = 'table' | 'wide' | 'json' | 'jsonl' | 'yaml' | 'csv' | 'markdown' | 'id';

/** One column of a view. `value` is for machines (bytes, RFC 3339); undefined: not given. */
export interface Column<T> {
  value(item: T): unknown;
  /** The value as a person reads it; what it gives is made safe by whoever draws it. */
  show?(value: unknown, io: Io, item: T): string;
  /** For a sheet: the value in several lines, each with its own name; none leave it out. Absent: it is one line. */
  parts?(value: unknown, item: T): readonly (readonly [name: string, text: unknown])[] | undefined;
  /** `id` is never cut, `text` may be, a `list` goes on in the next line; `status` is coloured; `size` (bytes), `age` (RFC 3339) and `number` have a usual look. */
  readonly kind?: 'id' | 'status' | 'size' | 'age' | 'text' | 'number' | 'list';
  /** Shorter word that stands above the column on a terminal, and may be typed for its name. */
  readonly title?: string;
}

/** How a kind of value is shown: everything that the output formats need to know of it. */
export interface View<T> {
  /** What several of them are called: "images". */
  readonly name: string;
  /** Columns by the names that the JSON has, in the order of a sheet. */
  readonly columns: Readonly<Record<string, Column<T>>>;
  readonly usual: readonly string[];
  readonly wide: readonly string[];
  /** Usual columns that a narrow terminal does without, the first that goes first. */
  readonly spare?: readonly string[];
  /** Columns that a table on a terminal has behind the usual ones for these items, without which they look alike. */
  apart?(items: readonly T[]): readonly string[];
  /** A list too wide for the terminal is turned: a line for each column. */
  readonly turns?: boolean;
  /** Empty: nothing that a next command could take, so `-o id` leaves it out. */
  id(item: T): string;
  /** The JSON of one; `raw`: with the provider's own record. */
  json(item: T, options: { readonly raw: boolean }): unknown;
  /** A column for a name with a dot in it, such as `properties.os`. */
  dynamic?(name: string): Column<T> | undefined;
}

/** A column with the name it is asked by. */
export interface ChosenColumn<T> {
  readonly name: string;
  readonly column: Column<T>;
}

/** Names a view; its items' type is taken from the functions in it. */
export function defineView<T>(view: View<T>): View<T> {
  return view;
}

/**
 * The columns that were asked for, or the view's usual ones (its wide ones for `wide`).
 * Throws USAGE, with the columns that there are and the nearest names, for one that is not known.
 */
export function columnsOf<T>(
  view: View<T>,
  names: readonly string[] | undefined,
  format: OutputFormat,
): readonly ChosenColumn<T>[] {
  const wanted = names && names.length > 0 ? names : format === 'wide' ? view.wide : view.usual;
  return wanted.map((name) => {
    const found = columnNamed(view, name);
    if (!found) throw unknownColumn(view, name);
    return found;
  });
}

/** A column by its name, its title, or a name with a dot; absent: there is none. */
export function columnNamed<T>(view: View<T>, name: string): ChosenColumn<T> | undefined {
  const own = Object.hasOwn(view.columns, name) ? view.columns[name] : undefined;
  if (own) return { name, column: own };
  const titled = Object.entries(view.columns).find(([, column]) => column.title === name);
  if (titled) return { name: titled[0], column: titled[1] };
  const made = view.dynamic?.(name);
  return made && { name, column: made };
}

function unknownColumn<T>(view: View<T>, name: string): Error {
  const known = Object.keys(view.columns);
  const titles = Object.values(view.columns).flatMap((column) => column.title ?? []);
  const near = nearest(name, [...known, ...titles]);
  const meant = near.length > 0 ? `Did you mean ${near.join(' or ')}? ` : '';
  return usageError(`unknown column: ${name}`, { hint: `${meant}Columns: ${known.join(', ')}` });
}

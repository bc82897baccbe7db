import { humanDuration, humanSize } from '../core/quantity.ts';
import type { Io } from './io.ts';
import { safe } from './sanitize.ts';
import type { Column } from './view.ts';

const isScalar = (value: unknown): boolean => typeof value !== 'object' || value === null;

/** A list or record with nothing in it, or nothing at all: a person is spared it. */
export const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0);

/**
 * A value in one line as programs read it: numbers and times as they are, lists joined by commas, a record as `key=value`, things
 * with a name and a status as `name=status`. What is none of these is JSON.
 */
export function machineText(value: unknown): string {
  if (isEmpty(value)) return '';
  if (isScalar(value)) return String(value);
  if (Array.isArray(value) && value.every(isScalar)) return value.map(machineText).join(',');
  if (Array.isArray(value) && value.every(isNamedState)) return value.map(({ name, status }) => `${name}=${status}`).join(',');
  return pairsText(value, ',') ?? JSON.stringify(value);
}

const isNamedState = (value: unknown): value is { readonly name: string; readonly status: string } =>
  typeof value === 'object' &&
  value !== null &&
  'name' in value &&
  'status' in value &&
  isScalar(value.name) &&
  isScalar(value.status);

/** How long ago an RFC 3339 time was, or how far ahead it is: `3 days ago`, `in 2 h`. Other texts come back as they are. */
export function age(value: unknown, io: Io): string {
  const time = Date.parse(String(value));
  if (Number.isNaN(time)) return String(value);
  const ago = io.now() - time;
  return ago < 0 ? `in ${humanDuration(-ago)}` : `${humanDuration(ago)} ago`;
}

/** The sign for yes or no in a table. */
export function tick(value: unknown, io: Io): string {
  if (value === true) return io.unicode ? '✓' : 'yes';
  return io.unicode ? '–' : '-';
}

/** A column's value as a person reads it, safe for a terminal; '' where it was not given. */
export function humanText<T>(column: Column<T>, value: unknown, io: Io, item: T): string {
  if (isEmpty(value)) return '';
  if (column.show) return safe(column.show(value, io, item));
  if (column.kind === 'size' && typeof value === 'number') return humanSize(value);
  if (column.kind === 'age') return safe(age(value, io));
  if (Array.isArray(value) && value.every(isScalar)) return safe(value.map(machineText).join(', '));
  return safe(pairsText(value, ', ') ?? machineText(value));
}

/** `key=value` for each member of a flat record; absent where it is none. */
function pairsText(value: unknown, between: string): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.values(value).every(isScalar))
    return undefined;
  return Object.entries(value)
    .map(([name, text]) => `${name}=${machineText(text)}`)
    .join(between);
}

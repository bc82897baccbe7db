import type { AppliedRow, DesiredRow } from '../../core/desired.ts';
import { outline } from './applied-row.ts';
import type { Part } from './planning.ts';

/** What of a plan can still be done, and what became of the rest of its rows. */
export interface StillSo {
  /** Parts whose rows are those of the plan. */
  readonly parts: readonly Part[];
  /** Rows that are done already, and rows that nobody has agreed to as things are now. */
  readonly rest: readonly AppliedRow[];
  /** Differences that the plan does not have. */
  readonly others: number;
}

/**
 * Holds a plan against what would be planned now. A part is done only where it is the same in every row, with the same images, in the same
 * state: nothing in the plan is believed besides. Where nothing differs any more its rows are done.
 */
export function stillSo(planned: readonly DesiredRow[], now: readonly Part[]): StillSo {
  const keyOf = ({ image, profile }: { readonly image: string; readonly profile: string }): string =>
    JSON.stringify([image, profile]);
  const current = new Map(now.map((part) => [keyOf({ image: part.image.name, profile: part.profile }), part]));
  const groups = new Map<string, DesiredRow[]>();
  for (const row of planned) groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), row]);
  const parts: Part[] = [];
  const rest: AppliedRow[] = [];
  for (const [key, rows] of groups) {
    const part = current.get(key);
    if (part && JSON.stringify(part.rows.map(telling)) === JSON.stringify(rows.map(telling))) parts.push(part);
    else rest.push(...rows.map((row) => (part?.rows.length === 0 ? done(row) : changed(row, part))));
  }
  const others = now.filter(
    (part) => part.rows.length > 0 && !groups.has(keyOf({ image: part.image.name, profile: part.profile })),
  );
  return { parts, rest, others: others.reduce((sum, { rows }) => sum + rows.length, 0) };
}

/** What has to be the same: not the words about it. Keys are in one order, whoever has written them. */
function telling({ reason: _reason, hint: _hint, code: _code, ...row }: DesiredRow): unknown {
  return ordered(row);
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => [name, ordered(field)]);
}

const done = (row: DesiredRow): AppliedRow => ({ ...outline(row), result: 'ok', message: 'it is so already' });

const changed = (row: DesiredRow, part: Part | undefined): AppliedRow => ({
  ...outline(row),
  result: 'failed',
  code: 'CONFLICT',
  exitCode: 6,
  message: part
    ? `it is not as it was planned: now ${part.rows.map(({ action, reason }) => `${action} (${reason})`).join(', ')}`
    : 'the manifest of the plan does not have it',
  hint: 'Make a new plan.',
});

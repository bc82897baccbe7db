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
 * Holds a plan against what would be planned now: nothing in the plan is believed besides. What makes an image of the manifest so is done only
 * where it is the same in every row, with the same images, in the same state; of what it replaces each row stands for itself.
 * Where nothing differs any more rows are done.
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
    if (!part || part.rows.length === 0) rest.push(...rows.map((row) => (part ? done(row) : changed(row, undefined))));
    else {
      const { same, others } = heldAgainst(rows, part);
      if (same.length > 0) parts.push({ ...part, rows: same });
      rest.push(...others);
    }
  }
  // Of what is in the plan too it was said how it differs.
  const isKnown = (row: DesiredRow): boolean =>
    (groups.get(keyOf(row)) ?? []).some(({ id }) => id === row.id || !isAboutOlder(row));
  const others = now.flatMap(({ rows }) => rows.filter((row) => !isKnown(row)));
  return { parts, rest, others: others.length };
}

/** It is about a version that a newer one has replaced. */
const isAboutOlder = ({ retirement }: DesiredRow): boolean => retirement === 'retire' || retirement === 'delete';

/** The rows of a part that can be done as they were planned, and what is to be said of the others. */
function heldAgainst(
  rows: readonly DesiredRow[],
  part: Part,
): { readonly same: readonly DesiredRow[]; readonly others: readonly AppliedRow[] } {
  const told = (row: DesiredRow): string => JSON.stringify(telling(row));
  const mainOf = (all: readonly DesiredRow[]): string =>
    all
      .filter((row) => !isAboutOlder(row))
      .map(told)
      .join('\n');
  const isMainSo = mainOf(rows) === mainOf(part.rows);
  const now = new Map(part.rows.map((row) => [told(row), row]));
  const held = rows.map((row) => ({ row, there: now.get(told(row)) }));
  return {
    same: isMainSo ? held.flatMap(({ there }) => there ?? []) : [],
    others: held
      .filter(({ there }) => !isMainSo || !there)
      .map(({ row, there }) => (there ? restingOn(row) : changed(row, part))),
  };
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

/** It is as it was planned itself. */
const restingOn = (row: DesiredRow): AppliedRow => ({
  ...outline(row),
  result: 'skipped',
  message: 'another row of this image is not as it was planned',
});

const changed = (row: DesiredRow, part: Part | undefined): AppliedRow => ({
  ...outline(row),
  result: 'failed',
  code: 'CONFLICT',
  exitCode: 6,
  message: part ? `it is not as it was planned: ${nowPlanned(row, part)}` : 'the manifest of the plan does not have it',
  hint: 'Make a new plan.',
});

/** What is otherwise. */
function nowPlanned(row: DesiredRow, { rows }: Part): string {
  const isSameImage = ({ id }: DesiredRow): boolean => id !== undefined && id === row.id;
  if (rows.some((one) => isSameImage(one) && one.action === row.action && one.updatedAt !== row.updatedAt))
    return 'the image was changed since';
  const about = rows.filter((one) => isSameImage(one) || (!isAboutOlder(row) && !isAboutOlder(one)));
  return about.length === 0
    ? 'it would be left as it is'
    : `now ${about.map(({ action, reason }) => `${action} (${reason})`).join(', ')}`;
}

import type { AppliedRow, DesiredRow } from '../../core/desired.ts';
import type { EngineContext } from '../context.ts';
import { outline } from './applied-row.ts';
import { isAboutOlder, leftOfPlan } from './left-of-plan.ts';
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

/** Holds a plan against what would be planned now: nothing in the plan is believed besides. */
export async function stillSo(planned: readonly DesiredRow[], now: readonly Part[], context: EngineContext): Promise<StillSo> {
  const keyOf = ({ image, profile }: { readonly image: string; readonly profile: string }): string =>
    JSON.stringify([image, profile]);
  const current = new Map(now.map((part) => [keyOf({ image: part.image.name, profile: part.profile }), part]));
  const groups = new Map<string, DesiredRow[]>();
  for (const row of planned) groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), row]);
  const parts: Part[] = [];
  const rest: AppliedRow[] = [];
  for (const [key, rows] of groups) {
    const part = current.get(key);
    if (!part) rest.push(...rows.map((row) => failed(row, 'the manifest of the plan does not have it')));
    else {
      const left = await leftOfPlan(rows, part, context);
      if (left.agreed.length > 0) parts.push({ ...part, rows: left.agreed });
      const changed = left.changed.map((row) => failed(row, `it is not as it was planned: ${nowPlanned(row, part)}`));
      rest.push(...left.done.map(done), ...left.resting.map(resting), ...changed);
    }
  }
  // Of what is in the plan too it was said how it differs.
  const isKnown = (row: DesiredRow): boolean =>
    (groups.get(keyOf(row)) ?? []).some(({ id }) => id === row.id || !isAboutOlder(row));
  const others = now.flatMap(({ rows }) => rows.filter((row) => !isKnown(row)));
  return { parts, rest, others: others.length };
}

const done = (row: DesiredRow): AppliedRow => ({ ...outline(row), result: 'ok', message: 'it is so already' });

/** It is as it was planned itself. */
const resting = (row: DesiredRow): AppliedRow => ({
  ...outline(row),
  result: 'skipped',
  message: 'another row of this image is not as it was planned',
});

const failed = (row: DesiredRow, message: string): AppliedRow => ({
  ...outline(row),
  result: 'failed',
  code: 'CONFLICT',
  exitCode: 6,
  message,
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

import type { AppliedRow, DesiredRow } from '../../core/desired.ts';
import { conflictError, partialError } from '../../core/errors.ts';
import type { EngineContext } from '../context.ts';
import { atMost } from './losing.ts';
import type { Manifest } from './manifest.ts';
import { performed } from './perform.ts';
import type { PlanFile } from './plan-file.ts';
import { planning, type Part } from './planning.ts';
import { stillSo } from './still-so.ts';

/** What is to be made so: all that a manifest wants, or the rows of a plan that was kept. */
export type Desired = Pick<PlanFile, 'manifest' | 'wishes'> & Partial<Pick<PlanFile, 'rows'>>;

/** What there is to be done, as things are now. */
export interface Application {
  readonly manifest: Manifest;
  readonly parts: readonly Part[];
  readonly rows: readonly DesiredRow[];
  /** Rows of a plan that are done already, and those that nobody has agreed to as things are now. */
  readonly rest: readonly AppliedRow[];
  /** Differences that the plan does not have. */
  readonly others: number;
}

/** Looks at what there is to be done; only reads. Throws as `planning`. */
export async function applicationOf({ manifest, wishes, rows: kept }: Desired, context: EngineContext): Promise<Application> {
  const all = await planning(manifest, wishes, context);
  const { parts, rest, others } = kept ? await stillSo(kept, all, context) : { parts: all, rest: [], others: 0 };
  return { manifest, parts, rest, others, rows: parts.flatMap((part) => part.rows) };
}

export const isDone = ({ result }: AppliedRow): boolean => result === 'ok';

/**
 * Does it, and deletes at most so many; whether that may be done was asked before. A row for each difference; failures are reported, also of
 * what is not as it was planned.
 */
export async function applied(
  { manifest, parts, rest }: Application,
  maxDelete: number,
  context: EngineContext,
): Promise<readonly AppliedRow[]> {
  for (const { image, profile, message, hint } of rest.filter((row) => !isDone(row)))
    await context.report(conflictError(`${image} in ${profile}: ${message}`, hint === undefined ? {} : { hint }));
  const done = [...(await performed(manifest.id, parts, atMost(maxDelete), context)), ...rest];
  const failed = done.filter((row) => !isDone(row)).length;
  if (failed > 0) await context.report(partialError(`${failed} of ${done.length} changes were not made`));
  return done;
}

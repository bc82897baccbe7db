import { notFoundError } from '../../../core/errors.ts';
import type { Run } from '../../../engine/journal/run-state.ts';
import { runNamed, runsIn } from '../../../engine/journal/runs.ts';
import type { Surface } from '../../program/context.ts';

export const runArg = {
  run: { takes: 'optional', summary: 'id of the run, or the beginning of it', completes: 'run' },
} as const;

/** Warns of what cannot be read, by its name. It is kept: nobody can say what it tells. */
export const skipping =
  ({ warn }: Pick<Surface, 'warn'>) =>
  (reason: string): void =>
    warn(`skipped: ${reason}`);

/** The run that was named; none: the newest that fits. Throws NOT_FOUND. */
export function runMeant(id: string | undefined, context: Surface, fits: (run: Run) => boolean, what: string): Run {
  if (id !== undefined) return runNamed(id, context.home, context.now());
  for (const run of runsIn(context.home, context.now(), skipping(context))) if (fits(run)) return run;
  throw notFoundError(`no run in the journal ${what}`, { hint: 'List runs with: imgctl ops list' });
}

/** A run that was broken off and has left something. */
export const isOpen = ({ left, state }: Run): boolean => left.length > 0 && (state === 'failed' || state === 'interrupted');

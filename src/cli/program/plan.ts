import type { Action } from '../../core/action.ts';
import { maskedAction } from '../../engine/dry-run.ts';
import type { Change } from '../../engine/operations/change.ts';
import { columnNamed } from '../../ui/view.ts';
import { actionView } from './action-view.ts';
import type { Surface } from './context.ts';
import { many, one, type Outcome } from './outcome.ts';

/** Makes a change, and draws what it came to. In a dry run it is not made: what would be done is drawn. */
export async function carriedOut<Result>(
  change: Change<Result>,
  context: Surface,
  draw: (result: Result) => Outcome | undefined,
): Promise<Outcome | undefined> {
  try {
    return context.settings.dryRun ? planned(await change.plan(), context) : draw(await change.perform());
  } finally {
    await change.close?.();
  }
}

/** A plan, drawn by those of the columns that were asked for that it has. */
function planned(actions: readonly Action[], context: Surface): Outcome {
  const shown = actions.map((action) => maskedAction(action, context.redactor));
  const [only, ...others] = shown;
  const outcome = only !== undefined && others.length === 0 ? one(actionView, only) : many(actionView, shown);
  return {
    draw({ columns, ...options }, io) {
      const own = columns?.filter((name) => columnNamed(actionView, name) !== undefined) ?? [];
      return outcome.draw({ ...options, columns: own }, io);
    },
  };
}

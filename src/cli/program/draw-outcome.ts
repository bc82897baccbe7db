import type { Action } from '../../core/action.ts';
import { DryRunStop } from '../../engine/dry-run.ts';
import { checkColumns } from '../../ui/render.ts';
import { columnNamed } from '../../ui/view.ts';
import type { Needs } from './command.ts';
import type { Context } from './context.ts';
import { one } from './outcome.ts';
import type { Chosen, Parsed } from './parse.ts';
import { actionView } from './action-view.ts';
import { hidden } from './plan.ts';
import { withUsage } from './usage-line.ts';

/** Runs a command and draws what it gives back, or, in a dry run, what it would have done. */
export async function drawOutcome(chosen: Chosen, input: Parsed['input'], context: Context<Needs>): Promise<void> {
  const { settings, io } = context;
  const { command } = chosen;
  const options = {
    format: settings.format,
    header: settings.header !== false,
    raw: settings.raw === true,
    ...(settings.columns.length > 0 ? { columns: settings.columns } : {}),
  };
  const view = command.draws?.(input);
  const isPlan = settings.dryRun === true && view !== undefined && command.isHarmless !== true;
  const ofPlan = options.columns?.filter((name) => columnNamed(actionView, name) !== undefined) ?? [];
  if (view && !(isPlan && ofPlan.length === options.columns?.length)) checkColumns(view, options);
  if (isPlan) context.say('dry run: nothing is sent or changed');
  let planned: Action | undefined;
  const outcome = await command.run(input, context).catch((error: unknown) => {
    if (!(error instanceof DryRunStop)) throw withUsage(error, chosen);
    planned = hidden(error.planned, context);
    return one(actionView, planned);
  });
  await outcome?.draw({ ...options, ...(planned ? { columns: ofPlan } : {}), dryRun: isPlan }, io);
}

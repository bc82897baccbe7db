import { usageError } from '../../core/errors.ts';
import { checkColumns } from '../../ui/render.ts';
import { columnNamed } from '../../ui/view.ts';
import type { Command } from './command.ts';
import type { Context } from './context.ts';
import type { Parsed } from './parse.ts';
import { outputFormats, type Settings } from './settings.ts';
import { refuseOtherProfile } from './other-profile.ts';
import { actionView } from './action-view.ts';
import { withUsage } from './usage-line.ts';
import type { Needs } from './shape.ts';
import type { Chosen } from './shape.ts';

/** Runs a command and draws what it gives back, or, in a dry run, what it would have done. */
export async function drawOutcome(chosen: Chosen<Command>, input: Parsed['input'], context: Context<Needs>): Promise<void> {
  const { settings, io } = context;
  const { command } = chosen;
  const options = {
    format: settings.format,
    header: settings.header !== false,
    raw: settings.raw === true,
    ...(settings.columns.length > 0 ? { columns: settings.columns } : {}),
  };
  refuseOtherProfile(command, input, context);
  refuseReport(chosen, settings);
  const view = command.draws?.(input);
  const isPlan = settings.dryRun === true && view !== undefined && command.isHarmless !== true;
  const ofPlan = options.columns?.filter((name) => columnNamed(actionView, name) !== undefined) ?? [];
  if (view && !(isPlan && ofPlan.length === options.columns?.length)) checkColumns(view, options);
  if (isPlan) context.say('dry run: nothing is sent or changed');
  const outcome = await command.run(input, context).catch((error: unknown) => {
    throw withUsage(error, chosen);
  });
  await outcome?.draw({ ...options, dryRun: isPlan }, io);
}

/** Throws USAGE for a format of reports that the command has not, or where columns were asked for: it has none. */
function refuseReport({ entry, command }: Chosen<Command>, { report, columns }: Settings): void {
  if (report === undefined) return;
  const { reports = [] } = command;
  if (!reports.includes(report))
    throw usageError(`-o ${report} is not a format of ${entry.path}`, {
      hint: `Supported: ${[...outputFormats, ...reports].join(', ')}`,
    });
  if (columns.length > 0) throw usageError(`--columns and -o ${report} cannot be combined`);
}

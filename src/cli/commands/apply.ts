import { channelText } from '../../core/channel.ts';
import type { AppliedRow, DesiredRow } from '../../core/desired.ts';
import { usageError } from '../../core/errors.ts';
import { applicationOf, applied, isDone, type Desired } from '../../engine/desired/application.ts';
import { isDoable, isLosing, lossesOf } from '../../engine/desired/losing.ts';
import { readPlan } from '../../engine/desired/plan-file.ts';
import { faultsOf, type Part } from '../../engine/desired/planning.ts';
import { usualMaxDelete } from '../../engine/desired/retirement.ts';
import { renderMany } from '../../ui/render.ts';
import { appliedView, desiredView } from '../../ui/views/desired.ts';
import { pluralize } from '../batch/pluralize.ts';
import { offered } from '../options/channels.ts';
import { manifestOptions, manifestTyped } from '../options/manifest.ts';
import { waitLimitOptions } from '../options/wait.ts';
import { defineCommand } from '../program/command.ts';
import type { Surface } from '../program/context.ts';
import { many } from '../program/outcome.ts';

export const apply = defineCommand({
  about:
    'Does what imgctl plan shows, and asks before it does; without a terminal --yes is required. What is there is neither sent nor changed again, ' +
    'so that it may be run as often as you like, also after a run that was broken off. A new version is sent under a name of its own, and gets the ' +
    'plain name when it is whole and verified; the older one keeps its id, and its version behind its name. One failure does not stop the others (exit 12). ' +
    'Nothing is done about images that are not marked as of this manifest, but to take over those with the same name and content.',
  args: {
    plan: { takes: 'optional', summary: 'plan of imgctl plan --out: only what is still as it was planned', completes: 'file' },
  },
  options: {
    ...manifestOptions,
    ...waitLimitOptions,
    maxDelete: { kind: 'count', value: 'n', summary: `delete at most so many (default ${usualMaxDelete})` },
  },
  draws: () => appliedView,
  needs: {},
  examples: [
    { does: 'what images.yaml wants', type: 'imgctl apply' },
    { does: 'every night, without questions', type: 'imgctl apply -f prod.yaml --yes' },
    { does: 'a plan that somebody has looked at', type: 'imgctl apply plan.json --yes' },
    { does: 'what would be done', type: 'imgctl apply --dry-run' },
  ],
  async run(input, context) {
    const application = await applicationOf(await askedFor(input, context), context);
    const { manifest, parts, rows, rest, others } = application;
    if (context.settings.dryRun) {
      for (const fault of faultsOf(parts)) await context.reportAs(fault);
      return many(desiredView, rows);
    }
    if (others > 0)
      context.warn(`${pluralize(others, 'difference')} not in the plan: left as ${others === 1 ? 'it is' : 'they are'}`);
    if (rows.length === 0 && rest.every(isDone)) context.say(`nothing to do: everything is as ${manifest.file} has it`);
    await agree(parts, context);
    const done = await applied(application, input.maxDelete ?? usualMaxDelete, context);
    await offered(channelsOf(parts, done), context);
    return many(appliedView, done);
  },
});

/** The channels that a manifest has, of images of which nothing has failed. */
const channelsOf = (parts: readonly Part[], done: readonly AppliedRow[]) =>
  parts.flatMap(({ image: { name, channel }, profile, ready }) => {
    const isSo = ready && done.every((row) => row.image !== name || row.profile !== profile || isDone(row));
    return channel === undefined || !isSo ? [] : [{ profile, channel: channelText({ name, channel }) }];
  });

/** What is to be made so: all that a manifest wants, or the rows of a plan that was kept. */
async function askedFor(
  {
    plan,
    file,
    fromOim,
    allowDowngrade = false,
    unused = false,
  }: Readonly<Record<'plan' | 'file' | 'fromOim', string | undefined>> & {
    readonly allowDowngrade?: boolean | undefined;
    readonly unused?: boolean | undefined;
  },
  context: Surface,
): Promise<Desired> {
  if (plan === undefined) {
    const { manifest, only } = await manifestTyped({ file, fromOim }, context);
    return { manifest, wishes: { allowDowngrade, isUnusedBelieved: unused, only } };
  }
  if (file !== undefined || fromOim !== undefined)
    throw usageError(`a plan and --${file === undefined ? 'from-oim' : 'file'} cannot be combined: the plan has its manifest`);
  if (allowDowngrade || unused || context.settings.isProfileTyped)
    throw usageError('-p, --unused and --allow-downgrade cannot be combined with a plan', { hint: 'Give them to plan.' });
  return readPlan(plan);
}

/** Asks once about everything; where something goes in a protected profile, also for that profile's name. */
async function agree(parts: readonly Part[], context: Surface): Promise<void> {
  const rows = parts.flatMap((part) => part.rows).filter(isDoable);
  if (rows.length === 0) return;
  const lost = rows.filter(isLosing).length;
  const question = `Make ${pluralize(rows.length, 'change')}${lost > 0 ? `, of which ${lost} take something away` : ''}?`;
  await context.confirm(question, undefined, () => tableOf(rows, context));
  for (const { at, rows: there } of lossesOf(parts))
    if (at.isProtected)
      await context.confirm(`Remove what is listed from ${at.profile}?`, at.profile, () => tableOf(there, context));
}

/** The rows as a table for stderr. */
async function tableOf(rows: readonly DesiredRow[], { io }: Surface): Promise<string> {
  const lines: string[] = [];
  const stdout = { write: async (text: string) => void lines.push(text) };
  const drawn = { ...io, stdout, stdoutIsTerminal: true, columns: io.stderrColumns, color: io.errorColor };
  await renderMany(desiredView, rows, { format: 'table', header: true, raw: false }, drawn);
  return lines.join('');
}

import type { Action } from '../../core/action.ts';
import type { AppliedRow, DesiredRow } from '../../core/desired.ts';
import { usageError } from '../../core/errors.ts';
import { given } from '../../core/image.ts';
import type { EngineContext } from '../context.ts';
import { applicationOf, applied, type Application, type Desired } from '../desired/application.ts';
import type { Abilities } from '../desired/case.ts';
import { isDoable, lossesOf, type AccountLoss } from '../desired/losing.ts';
import { meantManifest } from '../desired/meant-manifest.ts';
import { readPlan, writePlan } from '../desired/plan-file.ts';
import { faultsOf } from '../desired/planning.ts';
import { usualMaxDelete } from '../desired/retirement.ts';
import type { Change } from '../operations/change.ts';
import { performed, planned } from './change.ts';
import { engineOf, quiet, type Context } from './context.ts';
import { requireCount } from './require-count.ts';
import { waitLimits, type WaitOptions } from './wait-options.ts';

/** A manifest as it would be read from a file; `schema/manifest.schema.json` has every key. Relative paths begin in the working folder. */
export interface ManifestDocument {
  readonly manifest: string;
  readonly defaults?: Readonly<Record<string, unknown>> | undefined;
  readonly images: readonly Readonly<Record<string, unknown>>[];
}

/** What is wanted, and where. */
export interface ManifestInput {
  /** A file, or what would stand in one; absent: `images.yaml`. */
  readonly manifest?: string | ManifestDocument | undefined;
  /** In place of it: the text of one, YAML or JSON. */
  readonly manifestText?: string | undefined;
  /** In place of it: a file or folder of OSISM's image manager, whose images are to be in `profiles`. */
  readonly fromOim?: string | undefined;
  /** Names and globs: only these of the targets. Absent: all of them. */
  readonly profiles?: readonly string[] | undefined;
  /** An older serial than what is there may be taken. */
  readonly allowDowngrade?: boolean | undefined;
  /** What nobody can be asked about is not used. */
  readonly unused?: boolean | undefined;
}

export interface DesiredInput extends ManifestInput {
  /** A file in which the plan is kept, for `apply`. */
  readonly out?: string | undefined;
}

export interface ApplyInput extends ManifestInput, Omit<WaitOptions, 'wait'> {
  /** A plan that was kept, in place of all else that says what is wanted. */
  readonly plan?: string | undefined;
  /** At most so many are deleted; absent: 10. */
  readonly maxDelete?: number | undefined;
}

/** What differs from a manifest. What cannot be read is a row too, of the action `unknown`, and is told as a warning. */
export function plan({ out, ...input }: DesiredInput, context: Context): Promise<readonly DesiredRow[]> {
  const engine = engineOf(context);
  return quiet(engine, async () => {
    const reading = { ...engine, settings: { ...engine.settings, dryRun: true } };
    const { manifest, wishes } = await wanted(input, reading);
    const asked = { manifest, wishes: { ...wishes, isKept: out !== undefined } };
    const { parts, rows } = await applicationOf(asked, reading);
    for (const fault of faultsOf(parts)) await reading.report(fault);
    if (out !== undefined) await writePlan(out, { ...asked, rows }, engine.now());
    return rows;
  });
}

/** A call that opens the accounts that it needs itself. */
export interface ApplyCall {
  (input: ApplyInput, context: Context): Promise<readonly AppliedRow[]>;
  plan(input: ApplyInput, context: Context): Promise<readonly Action[]>;
}

/**
 * Makes everything as a manifest has it, once `confirm` of the context agrees to what each account loses by that. A row for each difference;
 * one that failed is no failure of the call.
 */
export const apply: ApplyCall = Object.assign(
  (input: ApplyInput, context: Context) =>
    performed(context, input, (engine) => applying(input, engine), { name: 'apply', input }),
  { plan: (input: ApplyInput, context: Context) => planned(context, input, (engine) => applying(input, engine)) },
);

async function applying(input: ApplyInput, engine: EngineContext): Promise<Change<readonly AppliedRow[]>> {
  const { maxDelete = usualMaxDelete } = input;
  requireCount('maxDelete', maxDelete, 0);
  const context = { ...engine, settings: { ...engine.settings, ...waitLimits(input) } };
  const application = await applicationOf(await askedFor(input, context), context);
  if (application.others > 0) context.warn(`differences that are not in the plan, and are left: ${application.others}`);
  return {
    plan: async () => actionsOf(application, context),
    async perform() {
      for (const loss of lossesOf(application.parts)) await agree(loss, context);
      return applied(application, maxDelete, context);
    },
  };
}

async function askedFor({ plan: file, ...input }: ApplyInput, context: EngineContext): Promise<Desired> {
  if (file === undefined) return wanted(input, context);
  const { manifest, manifestText, fromOim, profiles, allowDowngrade, unused } = input;
  const beside = Object.keys(given({ manifest, manifestText, fromOim, profiles, allowDowngrade, unused }));
  if (beside.length > 0)
    throw usageError(`plan and ${beside.join(', ')} cannot be combined`, { hint: 'Give them to the call that makes the plan.' });
  return readPlan(file);
}

async function wanted(
  { manifest: named, manifestText: text, fromOim, profiles, allowDowngrade = false, unused = false }: ManifestInput,
  context: EngineContext,
): Promise<Desired> {
  const [one, other] = Object.keys(given({ manifest: named, manifestText: text, fromOim }));
  if (other !== undefined) throw usageError(`${one} and ${other} cannot be combined`);
  if (profiles?.length === 0) throw usageError('profiles must not be empty', { hint: 'Omit it for all targets.' });
  const source = typeof named === 'object' ? { value: named } : { file: named };
  const meant = { ...source, text, fromOim, profiles: profiles ?? [], isNarrowed: profiles !== undefined };
  const { manifest, only } = await meantManifest(meant, context);
  return { manifest, wishes: { allowDowngrade, isUnusedBelieved: unused, only } };
}

const agree = ({ at, rows, images }: AccountLoss, context: EngineContext): Promise<void> =>
  context.confirmLoss(
    {
      verb: 'Apply',
      count: rows.length,
      images: async () => images,
      missedByUsers: rows.some(({ action }) => action === 'delete' || action === 'deactivate'),
    },
    at,
  );

/** What would be done, row by row. What cannot be done is told. */
function actionsOf({ parts }: Application, context: EngineContext): readonly Action[] {
  return parts.flatMap(({ rows, ready }) =>
    rows.flatMap((row): readonly Action[] => {
      if (row.action === 'blocked') context.warn(`${row.image} in ${row.profile}: ${row.reason}`);
      if (!ready || !isDoable(row)) return [];
      const { look, source } = ready;
      return [
        {
          verb: verbOf(row, look.can),
          risk: riskOf(row),
          profile: row.profile,
          provider: look.at.provider,
          image: row.id ?? row.name,
          name: row.name,
          ...(row.action === 'add' ? { source: given({ name: source.image.name, bytes: source.image.sizeBytes }) } : {}),
          ...given({ labels: labelsOf(row) }),
          steps: [row.reason],
        },
      ];
    }),
  );
}

function verbOf({ action, id, places, channel, retirement }: DesiredRow, can: Abilities): string {
  if (action === 'delete' || action === 'deactivate') return action;
  if (retirement === 'unretire' && can.reactivate) return 'reactivate';
  if (channel !== undefined) return 'channel set';
  if (places && id !== undefined) return 'replicate';
  return action === 'add' ? 'upload' : 'patch';
}

function riskOf({ action }: DesiredRow): NonNullable<Action['risk']> {
  return action === 'retarget' || action === 'blocked' || action === 'unknown' ? 'property' : action;
}

const labelsOf = ({ changes, channel }: DesiredRow): Action['labels'] | undefined =>
  channel === undefined ? changes && { ...changes } : { channel };

import { channelText } from '../../core/channel.ts';
import type { DesiredRow } from '../../core/desired.ts';
import { ImgctlError, usageError } from '../../core/errors.ts';
import { commandLine, nowhere, type Next } from '../../core/hint.ts';
import { given } from '../../core/image.ts';
import { writePlan } from '../../engine/desired/plan-file.ts';
import { faultsOf, planning, type Part } from '../../engine/desired/planning.ts';
import { desiredView } from '../../ui/views/desired.ts';
import { pluralize } from '../batch/pluralize.ts';
import { offered } from '../options/channels.ts';
import { manifestOptions, manifestTyped } from '../options/manifest.ts';
import { defineCommand } from '../program/command.ts';
import type { Surface } from '../program/context.ts';
import type { OptionValues } from '../program/option.ts';
import { many, plainText, type Outcome } from '../program/outcome.ts';

export const plan = defineCommand({
  about:
    'Reads the manifest, its sources and all accounts that it names, and changes nothing. An image is told by its content and by marks that apply ' +
    'leaves on it; its name may change. What differs is a row: add (it is not there), reuse (it is there, and not marked yet), property ' +
    '(its record says something else), retarget (the name, or the channel, goes from an older version to this one), hide, deactivate, shrink-places, delete (what a broken run left), ' +
    'blocked (it cannot be done as things are), unknown (it could not be read: exit 12). A source that is not there is blocked, and ends with 5. With -p only these profiles are looked at.\n' +
    'Where the manifest says keep, older versions beyond that are retired and later deleted, by the rules of imgctl prune.',
  args: {},
  options: {
    ...manifestOptions,
    out: { kind: 'text', value: 'file', summary: 'keep the plan in this file, for imgctl apply FILE', completes: 'file' },
    check: { kind: 'flag', summary: 'exit with 15 if anything differs' },
  },
  draws: () => desiredView,
  isHarmless: true,
  needs: {},
  examples: [
    { does: 'what differs from images.yaml', type: 'imgctl plan' },
    { does: 'in CI: fail where something differs', type: 'imgctl plan -f prod.yaml --check' },
    { does: 'to be looked at, and done as it is by imgctl apply plan.json', type: 'imgctl plan --out plan.json' },
    { does: "images of OSISM's image manager, in a profile", type: 'imgctl plan --from-oim etc/images -p pcd' },
    { does: 'for a merge request', type: 'imgctl plan -o markdown > plan.md' },
  ],
  async run(input, context) {
    if (input.out === '-')
      throw usageError('--out writes to a file: specify FILE', { hint: 'See the rows as JSON with -o json.' });
    const { manifest, only } = await manifestTyped(input, context);
    // Whatever happens, nothing is sent that changes anything.
    const { journal: _journal, ...reading } = { ...context, settings: { ...context.settings, dryRun: true } };
    const { allowDowngrade = false, unused = false } = input;
    const wishes = { allowDowngrade, isUnusedBelieved: unused, isKept: input.out !== undefined, only };
    const parts = await planning(manifest, wishes, reading);
    const rows = parts.flatMap((part) => part.rows);
    await offered(channelsThere(parts), context);
    const faults = faultsOf(parts);
    for (const fault of faults) await context.reportAs(fault);
    if (input.out !== undefined) await writePlan(input.out, { manifest, wishes, rows }, context.now());
    const isKnown = rows.every(({ action }) => action !== 'unknown');
    if (input.check && rows.length > 0 && isKnown && faults.length === 0)
      await context.reportAs(
        new ImgctlError('DRIFT', `${pluralize(rows.length, 'difference')} from ${manifest.file}`, {
          hint: `Make everything so with: ${commandLine({ verb: 'apply', ...appliedBy(input, context.settings) }, nowhere)}`,
        }),
      );
    return drawn(rows, manifest.file, context);
  },
});

/** The channels of the manifest that point to what it wants already. */
const channelsThere = (parts: readonly Part[]) =>
  parts.flatMap(({ image: { name, channel }, profile, rows, ready }) =>
    channel === undefined || !ready || rows.length > 0 ? [] : [{ profile, channel: channelText({ name, channel }) }],
  );

/** What apply is to be told to do what was planned. A plan that was kept says all of it but the region. */
function appliedBy(
  { out, file, fromOim, allowDowngrade, unused }: OptionValues<typeof manifestOptions> & { readonly out: string | undefined },
  { profile, isProfileTyped, region }: Surface['settings'],
): Pick<Next, 'args' | 'options'> {
  const there: Next['options'] = region === undefined ? {} : { region };
  if (out !== undefined) return { args: [out], options: there };
  return {
    options: {
      ...given({ file, 'from-oim': fromOim }),
      ...(isProfileTyped ? { profile } : {}),
      ...there,
      ...(allowDowngrade ? { 'allow-downgrade': true } : {}),
      ...(unused ? { unused: true } : {}),
    },
  };
}

function drawn(rows: readonly DesiredRow[], file: string, context: Surface): Outcome {
  if (rows.length > 0) return many(desiredView, rows);
  context.say(`nothing differs from ${file}`);
  return context.settings.format === 'markdown' ? plainText('Nothing differs.\n') : many(desiredView, rows);
}

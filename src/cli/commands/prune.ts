import { usageError } from '../../core/errors.ts';
import { commandLine, nowhere } from '../../core/hint.ts';
import type { RetirementRow } from '../../core/retirement.ts';
import { withRegions } from '../../engine/account/region.ts';
import { chosenProfiles } from '../../engine/account/registry.ts';
import type { Account } from '../../engine/account/account.ts';
import type { Meant } from '../../engine/desired/retirement-look.ts';
import { retire } from '../../engine/desired/retire.ts';
import { usualGrace, usualMaxDelete } from '../../engine/desired/retirement.ts';
import { withNearest } from '../../engine/images/aliases.ts';
import { wholeListing } from '../../engine/images/list.ts';
import { retirementView } from '../../ui/views/retirement.ts';
import { wordsByProfile } from '../options/globs.ts';
import { slipsNoticed } from '../options/slips.ts';
import { unusedOption } from '../options/unused.ts';
import { waitLimitOptions } from '../options/wait.ts';
import { defineCommand } from '../program/command.ts';
import type { Context } from '../program/context.ts';
import { many } from '../program/outcome.ts';
import { whereTyped } from '../program/where-typed.ts';

export const prune = defineCommand({
  about:
    'Only images that are managed go: those of a manifest, and those marked with --manage, by upload, copy, import or patch. Of each series the newest --keep that are ' +
    'active stay, and so does what is protected, in use, or may be. The rest is retired first: deactivated where the provider can, hidden or only marked ' +
    'elsewhere. A later run deletes it, once it has been retired for --grace. What is needed again by then comes back.\n' +
    'A series are the images of one manifest and logical name, else those that one GLOB means, else those of one name; each profile and architecture ' +
    'has its own. Newest is told by serials where all have one, else by the time of creation.\n' +
    'What cannot be asked counts as used: --unused says that it is not, and only uses that are known keep an image then. An answer that failed keeps ' +
    'the image in any case, with exit status 12. Asks for confirmation; without a terminal --yes is required.',
  args: { glob: { takes: 'any', summary: 'names, globs or ids; any match (default: all that is managed)', completes: 'images' } },
  options: {
    keep: { kind: 'count', value: 'n', summary: 'keep the n newest active images of each series (required)' },
    olderThan: { kind: 'duration', summary: 'only images created longer ago than this' },
    unused: unusedOption,
    grace: { kind: 'duration', summary: 'time between retiring and deleting an image (default 14d)' },
    maxDelete: { kind: 'count', value: 'n', summary: `delete at most this many in one run (default ${usualMaxDelete})` },
    managed: { kind: 'texts', value: 'id', summary: 'treat this image as managed (repeatable)', completes: 'images' },
    ...waitLimitOptions,
  },
  draws: () => retirementView,
  needs: { at: ['list', 'show', 'patch', 'delete'] },
  examples: [
    { does: 'what would be retired and deleted', type: "imgctl prune 'web-*' -p pcd --keep 3 --dry-run" },
    {
      does: 'all that is managed in several clouds, every night',
      type: "imgctl prune -p 'prod-*' --keep 3 --older-than 30d --yes",
    },
    { does: 'in a registry, which does not know what is in use', type: "imgctl prune 'reg:web-*' --keep 5 --unused --yes" },
  ],
  async run({ glob, keep, unused, grace = usualGrace, maxDelete = usualMaxDelete, ...input }, context) {
    if (keep === undefined)
      throw usageError('--keep is required', { hint: 'Give the number of images of each series to keep, such as --keep 3.' });
    if (keep === 0)
      throw usageError('--keep must be at least 1', {
        hint: `Delete what is no longer needed with: ${commandLine({ verb: 'delete', args: ['IMAGE'], options: whereTyped(context.settings) }, nowhere)}`,
      });
    const { directory, settings } = context;
    const words = wordsByProfile({ words: glob, selected: () => chosenProfiles(directory, settings.profile) }, directory);
    const meant: Meant[] = [];
    for (const profile of await withRegions([...words.keys()], context))
      meant.push({ at: (await context.at('at', profile)) as Account, words: words.get(profile) ?? [] });
    const wishes = { ...input, keep, grace, maxDelete, isUnusedBelieved: unused ?? false };
    const { rows, failed } = await retire(meant, wishes, context);
    const noticed = slipsNoticed(glob, directory, undefined, context);
    return many(retirementView, noticed(withMissing(rows, meant, context), new Set(failed)));
  },
});

/** The rows; behind them it is said of words that fit none of them what is near, as list does. Of several profiles nothing is said. */
async function* withMissing(
  rows: readonly RetirementRow[],
  [one, ...others]: readonly Meant[],
  context: Context<{ at: readonly ['list'] }>,
): AsyncIterable<RetirementRow> {
  const listed = inTurn(rows);
  if (!one || others.length > 0) return yield* listed;
  const { at, words } = one;
  yield* withNearest(listed, words, { at, wanted: wholeListing, say: (message) => context.say(message) }, context.call());
}

async function* inTurn<T>(rows: readonly T[]): AsyncIterable<T> {
  yield* rows;
}

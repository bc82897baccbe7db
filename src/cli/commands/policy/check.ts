import { notFoundError, usageError } from '../../../core/errors.ts';
import type { Image } from '../../../core/image.ts';
import { askFleet, type AskProfile } from '../../../engine/images/multi-list.ts';
import { violationView } from '../../../ui/views/violation.ts';
import { trackLists } from '../../batch/list-progress.ts';
import { policyOutcome } from '../../batch/policy-outcome.ts';
import { archOption } from '../../options/arch.ts';
import { askedImages, fleetOptions, profileLimitMs } from '../../options/asked-images.ts';
import { filterOptions } from '../../options/filters.ts';
import { rulesOption } from '../../options/rules.ts';
import { slipsNoticed } from '../../options/slips.ts';
import { defineCommand } from '../../program/command.ts';

const { limit: _limit, after: _after, sort: _sort, ...narrowing } = filterOptions;

export const check = defineCommand({
  about:
    'Reads images as list does, and changes nothing. One row for each thing that is not as a rule wants it. Exit status 15 where a rule of severity ' +
    'error is violated; 0 where only warnings are; 12 where a profile could not be read: of its images nothing is known. ' +
    'imgctl help policy says how rules are written.',
  args: { glob: { takes: 'any', summary: 'names or globs (*, ?, [a-z], {a,b}), also as PROFILE:GLOB', completes: 'images' } },
  options: {
    rules: rulesOption,
    ...fleetOptions,
    ...narrowing,
    arch: archOption,
  },
  needs: { at: ['list'] },
  draws: () => violationView,
  isHarmless: true,
  reports: ['junit', 'sarif'],
  examples: [
    { does: 'your images against your own rules', type: 'imgctl policy check --rules rules.yaml' },
    {
      does: 'the public images of a cloud against SCS-0102',
      type: 'imgctl policy check -p pcd --all --visibility public --rules scs-0102',
    },
    {
      does: 'in CI, every profile, for what shows the results of tests',
      type: 'imgctl policy check -A --rules rules.yaml -o junit > policy.xml',
    },
    { does: 'the ids of those that violate a rule', type: "imgctl policy check 'web-*' --rules rules.yaml -o id" },
  ],
  async run(input, context) {
    if (input.rules === undefined) throw usageError('--rules is required', { hint: rulesHint });
    const [{ readRules }, { policyCheck }, { imageSubject }] = await Promise.all([
      import('../../../engine/rules/read-rules.ts'),
      import('../../../engine/rules/check.ts'),
      import('../../../engine/rules/subject.ts'),
    ]);
    const set = await readRules(input.rules, context.signal);
    const words = input.glob ?? [];
    const { profiles, ask } = await askedImages({ ...input, limit: undefined, after: undefined, sort: [] }, context);
    const [only, ...others] = profiles;
    const watch = trackLists(context);
    const watched: AskProfile = (profile, call) => watch.watched(profile, call, (listening) => ask(profile, listening));
    const isOne = only !== undefined && others.length === 0 && !input.allProfiles;
    const fleet = isOne
      ? { images: await watched(only, context.call()), failed: new Set<string>() }
      : askFleet(profiles, watched, { sort: [] }, input.profileTimeout ?? profileLimitMs, context);
    const noticed = slipsNoticed(words, context.directory, undefined, context);
    const checking = policyCheck(set, context.io.now(), 'images');
    const seen = new Set<string>();
    for await (const image of noticed(fleet.images, fleet.failed)) {
      seen.add(image.profile);
      checking.add(subjectOf(image), imageSubject(image));
    }
    const { failed } = fleet;
    if (words.length > 0 && checking.count === 0 && failed.size === 0)
      throw notFoundError(`no image matches ${words.join(' ')}`, { ofNoImage: true });
    const silent = profiles.filter((profile) => !seen.has(profile) && !failed.has(profile));
    if (words.length > 0) for (const profile of silent) context.warn(`${profile}: no image matches, and none was checked`);
    else if (checking.count === 0 && failed.size === 0) context.warn('there are no images, and none was checked');
    return policyOutcome(checking.report(failed), { what: 'image', isWhole: failed.size === 0 }, context);
  },
});

const rulesHint = 'Name a file, or a set that is shipped: --rules scs-0102';

const subjectOf = ({ profile, provider, id, name }: Image) => ({ profile, provider, id, name });

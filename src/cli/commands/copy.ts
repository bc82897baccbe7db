import { ImgctlError } from '../../core/errors.ts';
import { copiedView } from '../../ui/views/image.ts';
import { resultView } from '../../ui/views/result.ts';
import type { View } from '../../ui/view.ts';
import { carriedOut } from '../program/plan.ts';
import { defineCommand } from '../program/command.ts';
import { copying } from '../../engine/operations/copy.ts';
import { originalOf } from '../../engine/operations/original.ts';
import { copyToEach, eachOnce, openTargets } from '../../engine/operations/copy-many.ts';
import { areSeveral, copyTargets } from '../options/copy-targets.ts';
import { onlyProfile } from '../../engine/account/registry.ts';
import { severalOptions } from '../batch/each-image.ts';
import { descriptionFrom, descriptionOptions, manageOption } from '../options/fields.ts';
import { notAnImage } from '../options/mistaken-files.ts';
import { many, one } from '../program/outcome.ts';
import type { IfExists } from '../../engine/operations/claim.ts';
import { archOption } from '../options/arch.ts';
import { imageMeant } from '../options/targets.ts';
import { allowDowngradeOption, compressOption, diskWishes, ifExistsOption, sourceOptions } from '../options/transfer.ts';
import { understood } from '../../engine/operations/wishes.ts';
import type { Account } from '../../engine/account/account.ts';
import { warnOfLimit } from '../../engine/operations/transfer.ts';
import { waitOptions } from '../options/wait.ts';
import { copyNeeds } from '../../engine/operations/copy-options.ts';

export const copy = defineCommand({
  about:
    'Between regions of one cloud the target fetches the data; between folders of one file system the file is linked; otherwise the data is ' +
    'relayed through this machine, and converted as needed. Description, tags, properties, sizes and visibility are copied where the target ' +
    'supports them, and a warning names what is not; options add to them or replace them. An image becomes public or community only when it is ' +
    'complete. With several targets, or a glob of profiles, the source is downloaded once, and one failure does not stop the others. ' +
    '--dry-run prints the route.',
  args: {
    from: { takes: 'required', summary: 'PROFILE:IMAGE', completes: 'image' },
    to: { takes: 'many', summary: 'PROFILE, PROFILE:NEW-NAME, or a glob of profiles', completes: 'profile' },
  },
  options: {
    ifExists: ifExistsOption,
    allowDowngrade: allowDowngradeOption,
    relay: { kind: 'flag', summary: 'relay through this machine, even if the target could fetch or link it' },
    ...severalOptions,
    ...descriptionOptions,
    manage: manageOption,
    arch: archOption,
    ...sourceOptions,
    compress: compressOption,
    ...waitOptions,
  },
  draws: ({ to }) => (areSeveral(to) ? resultView : copiedView('relay')) as View<never>,
  needs: copyNeeds,
  examples: [
    { does: 'to another cloud, under the same name', type: 'imgctl copy pcd:web lin --region us-ord' },
    {
      does: 'for one project only, with labels of its own',
      type: 'imgctl copy pcd:web lab --tag prod --property tier=1 --visibility private',
    },
    { does: 'under another name', type: 'imgctl copy web lab:web-2' },
    { does: 'to several places that do not have it yet', type: "imgctl copy pcd:golden lab 'dc-*' --if-exists skip" },
  ],
  async run(input, context) {
    const { directory, settings } = context;
    const reference = directory.reference(input.from);
    const profile = reference.profile ?? onlyProfile(directory, settings.profile);
    const targets = copyTargets(input.to, { image: reference.image, profile }, directory);
    const isOneOfSeveral = areSeveral(input.to);
    const from = await context.at('from', profile);
    const opened = await openTargets(targets, (name) => context.at('to', name));
    const [only] = opened;
    if (!isOneOfSeveral && only?.to instanceof ImgctlError) throw only.to;
    const areFiles = opened.every(({ to }) => !(to instanceof ImgctlError) && to.driver.worksOnFiles);
    warnOfLimit(context, from.driver.worksOnFiles && areFiles);
    const disk = await understood(diskWishes(input), context);
    const wanted = {
      description: descriptionFrom(input),
      set: input.set,
      manage: input.manage,
      waitTimeout: input.waitTimeout,
      pollInterval: input.pollInterval,
      isOneOfSeveral,
      ifExists: (input.ifExists ?? 'fail') as IfExists,
      allowDowngrade: input.allowDowngrade,
      relay: input.relay ?? false,
      wait: input.wait !== false,
    };
    const call = context.call();
    const meaning = input.latest ? ({ pick: 'latest' } as const) : {};
    const found = await imageMeant(from as Account, reference, meaning, directory, call).catch((error: unknown) => {
      throw notAnImage(error, input.from, input.to[0] ?? '', context.settings.region);
    });
    const { id } = found.image;
    const image = found.isShown ? found.image : await from.verb('show').run({ id }, call);
    const wishes = { ...wanted, transfer: await disk.forImage(image, from) };
    const original = originalOf(image, { at: from, typed: reference.image, isForSeveral: isOneOfSeveral }, call, context);
    try {
      if (!only || only.to instanceof ImgctlError || wishes.isOneOfSeveral)
        return many(
          resultView,
          await copyToEach(original, eachOnce(opened, image.name), wishes, input.failFast ?? false, context),
        );
      const change = await copying(original, only.target, only.to, wishes, context);
      return await carriedOut(change, context, ({ image: there, route }) => one(copiedView(route), there));
    } finally {
      await original.close();
    }
  },
});

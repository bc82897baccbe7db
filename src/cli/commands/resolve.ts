import { usageError } from '../../core/errors.ts';
import { isGlob } from '../../core/glob.ts';
import { imageView } from '../../ui/views/image.ts';
import { defineCommand } from '../program/command.ts';
import { onlyProfile } from '../../engine/account/registry.ts';
import { one, plainText } from '../program/outcome.ts';
import { matchingImage, shownImage, type Meaning } from '../../engine/images/resolve.ts';
import { archOption } from '../options/arch.ts';
import { imageMeant } from '../options/targets.ts';
import type { Account } from '../../engine/account/account.ts';

export const resolve = defineCommand({
  args: { image: { takes: 'required', summary: 'name, glob or id', completes: 'image' } },
  options: {
    latest: { kind: 'flag', summary: 'use the newest active match' },
    arch: archOption,
    oldest: { kind: 'flag', summary: 'use the oldest active match' },
  },
  needs: { at: ['list', 'show'] },
  examples: [
    { does: 'the newest image of a series', type: "imgctl resolve 'ubuntu-24.04-*' --latest" },
    { does: 'in a script', type: 'id=$(imgctl resolve pcd:golden)' },
  ],
  async run(input, context) {
    if (input.latest && input.oldest) throw usageError('--latest and --oldest cannot be combined');
    const { directory, settings } = context;
    const reference = directory.reference(input.image);
    const at = (await context.at('at', reference.profile ?? onlyProfile(directory, settings.profile))) as Account;
    const call = context.call();
    const meaning: Meaning = input.latest ? { pick: 'latest' } : input.oldest ? { pick: 'oldest' } : {};
    const found = isGlob(reference.image)
      ? await matchingImage(at, reference.image, meaning, call)
      : await imageMeant(at, reference, meaning, directory, call);
    if (settings.format === 'table' || settings.format === 'id') return plainText(`${found.image.id}\n`);
    return one(imageView, await shownImage(at, found, call));
  },
});

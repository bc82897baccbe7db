import { ImgctlError, partialError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import { imageView } from '../../ui/views/image.ts';
import { defineCommand } from '../program/command.ts';
import { many, one } from '../program/outcome.ts';
import { inParallel } from '../../engine/concurrency.ts';
import { severalOptions } from '../batch/each-image.ts';
import { sharedLists, shownImage, type Meaning } from '../../engine/images/resolve.ts';
import { archOption } from '../options/arch.ts';
import { target } from '../options/targets.ts';
import type { Account } from '../../engine/account/account.ts';
import { naming } from '../../engine/operations/result.ts';

export const show = defineCommand({
  args: { image: { takes: 'many', summary: 'id or exact name, optionally as PROFILE:NAME', completes: 'image' } },
  options: { arch: archOption, ...severalOptions },
  needs: { at: ['show'] },
  examples: [
    { does: 'everything about an image', type: 'imgctl show ubuntu-24.04' },
    { does: 'one field, for a script', type: 'imgctl show ubuntu-24.04 -o json | jq -r .status' },
  ],
  async run(input, context) {
    const meaning: Meaning = { ...(input.latest ? { pick: 'latest' } : {}), ...sharedLists(input.image.length) };
    const find = async (text: string): Promise<Image> => {
      const { at, found, call } = await target(text, context, meaning);
      return shownImage(at as Account, found, call);
    };
    const [only, ...others] = input.image;
    if (only !== undefined && others.length === 0) return one(imageView, await find(only));
    let failed = 0;
    const found = inParallel(input.failFast ? 1 : context.settings.concurrencyLimit, input.image, async (text) => {
      if (failed > 0 && input.failFast) return undefined;
      try {
        return await find(text);
      } catch (error) {
        failed += 1;
        await context.report(error instanceof ImgctlError ? naming(text, error) : error);
        return undefined;
      }
    });
    const images = those(found, async () => {
      if (failed > 0) await context.report(partialError(`${failed} of ${input.image.length} images failed`));
    });
    return many(imageView, images, ['profile', ...imageView.usual]);
  },
});

/** Those that were found, in order; `ended` is called behind the last of them. */
async function* those(found: readonly Promise<Image | undefined>[], ended: () => Promise<void>): AsyncIterable<Image> {
  for (const one of found) {
    const image = await one;
    if (image) yield image;
  }
  await ended();
}

import type { Image } from '../../core/image.ts';
import { imageView } from '../../ui/views/image.ts';
import { defineCommand } from '../command.ts';
import { many, one } from '../outcome.ts';
import { inParallel } from '../parallel.ts';
import { severalOptions, target } from '../targets.ts';

export const show = defineCommand({
  args: { image: { takes: 'many', summary: 'id or exact name, with PROFILE: in front where it matters', completes: 'image' } },
  options: severalOptions,
  needs: { at: ['show'] },
  examples: [
    { does: 'everything about an image', type: 'imgctl show ubuntu-24.04' },
    { does: 'one field, for a script', type: 'imgctl show ubuntu-24.04 -o json | jq -r .status' },
  ],
  async run(input, context) {
    const find = async (text: string): Promise<Image> => {
      const { at, id, call } = await target(text, context, input.latest ? 'latest' : undefined);
      return at.verb('show').run({ id }, call);
    };
    const [only, ...others] = input.image;
    if (only !== undefined && others.length === 0) return one(imageView, await find(only));
    const found = inParallel(input.failFast ? 1 : context.settings.concurrencyLimit, input.image, find);
    return many(
      imageView,
      each(found, input.failFast ?? false, (error) => context.report(error)),
      ['profile', ...imageView.usual],
    );
  },
});

/** Those that were found, in order; a failure is reported, or thrown where it should end the command. */
async function* each(
  found: readonly Promise<Image>[],
  failFast: boolean,
  report: (error: unknown) => Promise<void>,
): AsyncIterable<Image> {
  for (const settled of await Promise.allSettled(found)) {
    if (settled.status === 'fulfilled') yield settled.value;
    else if (failFast) throw settled.reason;
    else await report(settled.reason);
  }
}

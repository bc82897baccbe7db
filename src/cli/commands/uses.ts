import { ImgctlError, partialError } from '../../core/errors.ts';
import { unaskedText } from '../../core/uses.ts';
import { allOf, inParallel } from '../../engine/concurrency.ts';
import { sharedLists, type Meaning } from '../../engine/images/resolve.ts';
import { naming } from '../../engine/operations/result.ts';
import { useView, type UseRow } from '../../ui/views/use.ts';
import { severalOptions } from '../batch/each-image.ts';
import { target, type FoundTarget } from '../options/targets.ts';
import { defineCommand } from '../program/command.ts';
import type { Context } from '../program/context.ts';
import { many } from '../program/outcome.ts';

type Found = FoundTarget<'uses' | 'show'>;
type UsesContext = Context<{ at: readonly ('uses' | 'show')[] }>;

export const uses = defineCommand({
  about:
    'What could not be asked is said on stderr, with exit status 12: it counts as used. Exit status 0 and no line: nothing uses the image. imgctl providers NAME shows the kinds of use that are asked for (knows).',
  args: { image: { takes: 'many', summary: 'id or exact name, optionally as PROFILE:NAME', completes: 'image' } },
  options: severalOptions,
  needs: { at: ['uses', 'show'] },
  draws: () => useView,
  isHarmless: true,
  examples: [
    { does: 'what still runs on an image', type: 'imgctl uses ubuntu-22.04' },
    {
      does: 'delete it only if nothing does',
      type: 'used=$(imgctl uses old-image -o id) && test -z "$used" && imgctl delete old-image --yes',
    },
  ],
  async run(input, context) {
    const found = await findAll(input, context);
    const rows: UseRow[] = [];
    for (const at of new Set(found.map((one) => one.at)))
      rows.push(
        ...(await rowsAt(
          at,
          found.filter((one) => one.at === at),
          context,
        )),
      );
    return many(useView, rows, input.image.length > 1 ? ['profile', 'image', ...useView.usual] : undefined);
  },
});

/** The images that were meant. Of several, those that are not found are told; a single one is thrown. */
async function findAll(
  input: { readonly image: readonly string[]; readonly latest: boolean | undefined; readonly failFast: boolean | undefined },
  context: UsesContext,
): Promise<readonly Found[]> {
  const texts = [...new Set(input.image)];
  const meaning: Meaning = { ...(input.latest ? { pick: 'latest' } : {}), ...sharedLists(texts.length) };
  let failed = 0;
  const looks = inParallel(input.failFast ? 1 : context.settings.concurrencyLimit, texts, async (text) => {
    if (failed > 0 && input.failFast) return undefined;
    try {
      return await target(text, context, meaning);
    } catch (error) {
      if (texts.length === 1) throw error;
      failed += 1;
      await context.report(error instanceof ImgctlError ? naming(text, error) : error);
      return undefined;
    }
  });
  const found = (await allOf(looks)).filter((one) => one !== undefined);
  if (failed > 0) await context.report(partialError(`${failed} of ${texts.length} images failed`));
  return found;
}

/** What uses images of one account, asked together; what could not be asked is told. */
async function rowsAt(at: Found['at'], found: readonly Found[], context: UsesContext): Promise<readonly UseRow[]> {
  const images = [...new Map(found.map((one) => [one.id, one.found.image])).values()];
  const answers = await at.verb('uses').run({ images }, context.call());
  for (const { image, unasked } of answers) {
    const text = found.find(({ id }) => id === image)?.text ?? image;
    for (const part of unasked)
      await context.report(
        partialError(`${text}: could not check ${unaskedText(part)}: ${part.reason}`, {
          profile: at.profile,
          provider: at.provider,
        }),
      );
  }
  return answers.flatMap(({ image, uses: all }) => all.map((use) => ({ profile: at.profile, image, ...use })));
}

import { ImgctlError } from '../../core/errors.ts';
import { typedImage } from '../../core/hint.ts';
import { defineCommand } from '../program/command.ts';
import { drawsEach, eachImage, missingOptions, severalOptions } from '../batch/each-image.ts';
import { whyNotRemovable } from '../../engine/operations/deletable.ts';
import { type Target } from '../options/targets.ts';
import { waitFor } from '../../engine/operations/wait.ts';
import type { Account } from '../../engine/account/account.ts';
import { waitOptions } from '../options/wait.ts';

export const remove = defineCommand({
  about:
    'Asks for confirmation; without a terminal --yes is required. Unprotect a protected image first: imgctl patch IMAGE --unprotect',
  args: { image: { takes: 'many', summary: 'images to delete', completes: 'image' } },
  options: { ...severalOptions, ...missingOptions, ...waitOptions },
  draws: drawsEach(true),
  needs: { at: ['delete', 'show'] },
  examples: [
    { does: 'delete one image', type: 'imgctl delete old-image --yes' },
    { does: 'what would be deleted', type: 'imgctl delete lin:private/123 --dry-run' },
    {
      does: 'all of a series but the three newest that can be used',
      type: 'ids=$(imgctl list -p lin "web-*" --mine --status active --sort created:desc -o id) && echo "$ids" | tail -n +4 | xargs -r imgctl -p lin delete --yes',
    },
  ],
  run: (input, context) =>
    eachImage(
      context,
      input.image,
      input,
      async (found) => {
        const { at, id, text, call } = found;
        const since = new Date(context.io.now()).toISOString();
        if (context.settings.dryRun) refuseIrremovable(found);
        await removed(found);
        if (input.wait === false || !at.verb('delete').later) return undefined;
        const task = context.progress.task(`delete ${text}`);
        await waitFor(at as Account, id, { gone: true }, { limits: input, work: { verb: 'delete', since }, call, task });
        task.done();
        return undefined;
      },
      { loss: { verb: 'Delete' } },
    ),
});

/** A plan is made only of what can be done, as far as the record tells. */
function refuseIrremovable({ at, found }: Target<'delete' | 'show'>): void {
  const reason = found && whyNotRemovable(at as Account, found.image);
  if (reason) throw reason;
}

/** Deletes; where that is refused because of the image's state, the failure says what to do first. */
async function removed({ at, id, call }: Target<'delete' | 'show'>): Promise<void> {
  const verb = at.verb('delete');
  try {
    await verb.run({ id }, call);
  } catch (error) {
    if (!(error instanceof ImgctlError) || error.code !== 'CONFLICT' || !verb.from?.includes('inactive')) throw error;
    const { status } = await at.verb('show').run({ id }, call);
    if (status !== 'active' || verb.from.includes(status) || !at.driver.facts.deactivate) throw error;
    throw new ImgctlError(error.code, error.message, {
      ...error.circumstances,
      hint: `Deactivate it first, then delete it: imgctl deactivate ${typedImage(at.profile, id)}`,
    });
  }
}

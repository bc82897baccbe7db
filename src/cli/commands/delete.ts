import type { At } from '../command.ts';
import { defineCommand } from '../command.ts';
import { confirmLoss } from '../confirm.ts';
import { eachImage, severalOptions } from '../targets.ts';
import { waitFor, waitOptions } from '../wait.ts';

export const remove = defineCommand({
  about: 'Asks first; without a terminal it wants --yes. A protected image is refused: imgctl patch IMAGE --unprotect.',
  args: { image: { takes: 'many', summary: 'images to delete', completes: 'image' } },
  options: { ...severalOptions, ...waitOptions },
  needs: { at: ['delete', 'show'] },
  examples: [
    { does: 'delete one image', type: 'imgctl delete old-image --yes' },
    { does: 'what would be deleted', type: 'imgctl delete lin:private/123 --dry-run' },
    {
      does: 'everything older than 90 days in a profile',
      type: 'imgctl list -p lin --older-than 90d -o id | xargs -r imgctl -p lin delete --yes',
    },
  ],
  run: (input, context) =>
    eachImage(context, input.image, input, async ({ at, id, text, call }) => {
      await confirmLoss(context, at as At, `delete ${text}?`);
      const verb = at.verb('delete');
      const since = new Date(context.io.now()).toISOString();
      await verb.run({ id }, call);
      if (input.wait === false || !verb.later) return undefined;
      const task = context.progress.task(`delete ${text}`);
      await waitFor(at as At, id, { gone: true }, { limits: input, work: { verb: 'delete', since }, call, task });
      task.done();
      return undefined;
    }),
});

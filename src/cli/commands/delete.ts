import { deletion } from '../../engine/operations/delete.ts';
import { drawsEach, eachImage, missingOptions, severalOptions } from '../batch/each-image.ts';
import { waitOptions } from '../options/wait.ts';
import { defineCommand } from '../program/command.ts';

export const remove = defineCommand({
  about:
    'Asks for confirmation, and shows before that what uses the image, where the provider tells (so does --dry-run); without a terminal --yes is required. Unprotect a protected image first: imgctl patch IMAGE --unprotect',
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
    eachImage(context, input.image, input, (found) => deletion(found, input, context), { loss: { verb: 'Delete' } }),
});

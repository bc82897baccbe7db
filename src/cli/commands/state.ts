import { statuses, type Status } from '../../core/image.ts';
import type { Command, Example } from '../program/command.ts';
import { defineCommand } from '../program/command.ts';
import { drawsEach, eachImage, missingOptions, severalOptions } from '../batch/each-image.ts';
import { waitFor } from '../../engine/operations/wait.ts';
import type { Account } from '../../engine/account/account.ts';
import { waitOptions } from '../options/wait.ts';

interface StateVerb {
  readonly verb: 'deactivate' | 'reactivate' | 'restore' | 'purge';
  /** States that the image may come to rest in. */
  readonly goal: readonly Status[];
  readonly loses?: true;
  /** States from which `--latest` takes one. */
  readonly among: readonly Status[];
  readonly examples: readonly [Example, Example];
}

export const deactivate = stateCommand({
  verb: 'deactivate',
  goal: ['inactive'],
  among: ['active'],
  examples: [
    { does: 'block a bad image while investigating', type: 'imgctl deactivate ubuntu-24.04' },
    { does: 'several at once', type: 'imgctl deactivate web-1 web-2' },
  ],
});

export const reactivate = stateCommand({
  verb: 'reactivate',
  goal: ['active'],
  among: ['inactive'],
  examples: [
    { does: 'allow it again', type: 'imgctl reactivate ubuntu-24.04' },
    { does: 'do not wait for the provider', type: 'imgctl reactivate ubuntu-24.04 --no-wait' },
  ],
});

export const restore = stateCommand({
  verb: 'restore',
  goal: ['inactive', 'active'],
  among: statuses,
  examples: [
    { does: 'bring it back', type: 'imgctl restore cow:1i5' },
    { does: 'as JSON', type: 'imgctl restore cow:1i5 -o json' },
  ],
});

export const purge = stateCommand({
  verb: 'purge',
  goal: ['deleted'],
  among: statuses,
  loses: true,
  examples: [
    { does: 'remove it permanently', type: 'imgctl purge cow:1i5 --yes' },
    { does: 'do not wait for the provider', type: 'imgctl purge cow:1i5 --yes --no-wait' },
  ],
});

/** deactivate, reactivate, restore and purge: one action each, and a state to wait for. */
function stateCommand({ verb, goal, loses, among, examples }: StateVerb): Command {
  return defineCommand({
    args: { image: { takes: 'many', summary: 'id or exact name', completes: 'image' } },
    options: { ...severalOptions, ...(loses ? missingOptions : {}), ...waitOptions },
    draws: drawsEach(),
    needs: { at: [verb, 'show'] },
    examples,
    run: (input, context) =>
      eachImage(
        context,
        input.image,
        { ...input, ignoreMissing: input.ignoreMissing === true },
        async ({ at, id, call }) => {
          const since = new Date(context.io.now()).toISOString();
          const image = await at.verb(verb).run({ id }, call);
          if (input.wait === false || goal.includes(image.status)) return image;
          const task = context.progress.task(`${verb} ${image.name}`);
          const done = await waitFor(at as Account, image.id, loses ? { gone: true } : { status: goal }, {
            limits: input,
            work: { verb, since },
            call,
            task,
          });
          task.done();
          return done ?? (loses ? { ...image, status: 'deleted' } : image);
        },
        { ...(loses ? { loss: { verb: 'Purge' } } : {}), among },
      ),
  });
}

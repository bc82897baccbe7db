import { statuses, type Status } from '../../core/image.ts';
import { stateChange, type StateVerb } from '../../engine/operations/state.ts';
import { drawsEach, eachImage, missingOptions, severalOptions } from '../batch/each-image.ts';
import { waitOptions } from '../options/wait.ts';
import { defineCommand, type Command } from '../program/command.ts';
import type { Example } from '../program/shape.ts';

interface StateCommand {
  readonly verb: StateVerb;
  readonly about?: string;
  readonly loses?: true;
  /** States from which `--latest` takes one. */
  readonly among: readonly Status[];
  readonly examples: readonly [Example, Example];
}

export const deactivate = stateCommand({
  verb: 'deactivate',
  about:
    'imgctl providers NAME shows how far that goes. force hard: nobody but an administrator can use the image; soft: whoever names it still can.',
  among: ['active'],
  examples: [
    { does: 'block a bad image while investigating', type: 'imgctl deactivate ubuntu-24.04' },
    { does: 'several at once', type: 'imgctl deactivate web-1 web-2' },
  ],
});

export const reactivate = stateCommand({
  verb: 'reactivate',
  among: ['inactive'],
  examples: [
    { does: 'allow it again', type: 'imgctl reactivate ubuntu-24.04' },
    { does: 'do not wait for the provider', type: 'imgctl reactivate ubuntu-24.04 --no-wait' },
  ],
});

export const restore = stateCommand({
  verb: 'restore',
  among: statuses,
  examples: [
    { does: 'bring it back', type: 'imgctl restore cow:1i5' },
    { does: 'as JSON', type: 'imgctl restore cow:1i5 -o json' },
  ],
});

export const purge = stateCommand({
  verb: 'purge',
  among: statuses,
  loses: true,
  examples: [
    { does: 'remove it permanently', type: 'imgctl purge cow:1i5 --yes' },
    { does: 'do not wait for the provider', type: 'imgctl purge cow:1i5 --yes --no-wait' },
  ],
});

/** deactivate, reactivate, restore and purge: one action each, and a state to wait for. */
function stateCommand({ verb, about, loses, among, examples }: StateCommand): Command {
  return defineCommand({
    ...(about === undefined ? {} : { about }),
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
        (found) => stateChange(verb, found, input, context),
        { ...(loses ? { loss: { verb: 'Purge' } } : {}), among },
      ),
  });
}

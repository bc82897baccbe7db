import type { Status } from '../../core/image.ts';
import type { At, Command, Example } from '../command.ts';
import { defineCommand } from '../command.ts';
import { confirmLoss } from '../confirm.ts';
import { eachImage, severalOptions } from '../targets.ts';
import { waitFor, waitOptions } from '../wait.ts';

interface StateVerb {
  readonly verb: 'deactivate' | 'reactivate' | 'restore' | 'purge';
  readonly aliases?: readonly string[];
  readonly summary: string;
  /** States that the image may come to rest in. */
  readonly goal: readonly Status[];
  readonly loses?: true;
  readonly examples: readonly [Example, Example];
}

const verbs: readonly StateVerb[] = [
  {
    verb: 'deactivate',
    summary: "Block the use of an image's data",
    goal: ['inactive'],
    examples: [
      { does: 'block a bad image while it is looked into', type: 'imgctl deactivate ubuntu-24.04' },
      { does: 'several at once', type: 'imgctl deactivate web-1 web-2' },
    ],
  },
  {
    verb: 'reactivate',
    aliases: ['activate'],
    summary: "Allow the use of an image's data again",
    goal: ['active'],
    examples: [
      { does: 'allow it again', type: 'imgctl reactivate ubuntu-24.04' },
      { does: 'do not wait for the provider', type: 'imgctl reactivate ubuntu-24.04 --no-wait' },
    ],
  },
  {
    verb: 'restore',
    summary: 'Bring back a removed image, where the provider keeps it for a while',
    goal: ['inactive', 'active'],
    examples: [
      { does: 'bring it back', type: 'imgctl restore cow:1i5' },
      { does: 'as JSON', type: 'imgctl restore cow:1i5 -o json' },
    ],
  },
  {
    verb: 'purge',
    summary: 'Remove for good what delete has only put aside',
    goal: ['deleted'],
    loses: true,
    examples: [
      { does: 'remove it for good', type: 'imgctl purge cow:1i5 --yes' },
      { does: 'do not wait for the provider', type: 'imgctl purge cow:1i5 --yes --no-wait' },
    ],
  },
];

function stateCommand({ verb, aliases = [], summary, goal, loses, examples }: StateVerb): Command {
  return defineCommand({
    path: verb,
    aliases,
    summary,
    args: { image: { takes: 'many', summary: 'id or exact name', completes: 'image' } },
    options: { ...severalOptions, ...waitOptions },
    needs: { at: [verb, 'show'] },
    examples,
    run: (input, context) =>
      eachImage(context, input.image, input, async ({ at, id, text, call }) => {
        if (loses) await confirmLoss(context, at as At, `${verb} ${text}?`);
        const since = new Date(context.io.now()).toISOString();
        const image = await at.verb(verb).run({ id }, call);
        if (input.wait === false || goal.includes(image.status)) return image;
        const task = context.progress.task(`${verb} ${image.name}`);
        const done = await waitFor(at as At, image.id, { status: goal }, { limits: input, work: { verb, since }, call, task });
        task.done();
        return done ?? image;
      }),
  });
}

/** deactivate, reactivate, restore and purge: one action each, and a state to wait for. */
export const stateCommands: readonly Command[] = verbs.map(stateCommand);

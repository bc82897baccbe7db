import { usageError } from '../../core/errors.ts';
import { statuses, type Status } from '../../core/image.ts';
import type { Image } from '../../core/image.ts';
import { archOption } from '../options/arch.ts';
import type { UncheckedTarget } from '../options/targets.ts';
import { waitLimitOptions } from '../options/wait.ts';
import { defineCommand } from '../program/command.ts';
import { drawsEach, eachImage, severalOptions } from '../batch/each-image.ts';
import { begunByRuns } from '../../engine/journal/begun-by-runs.ts';
import { waitFor, type Goal } from '../../engine/operations/wait.ts';
import type { Account } from '../../engine/account/account.ts';

export const wait = defineCommand({
  about: '--for takes a status (active, inactive, queued, deleted…), several by commas, or replicated=PLACE[,replicated=PLACE…].',
  args: { image: { takes: 'many', summary: 'images to wait for', completes: 'image' } },
  options: {
    for: {
      kind: 'names',
      value: 'state',
      suggests: [...statuses, 'replicated='],
      summary: 'state to wait for (default active)',
    },
    arch: archOption,
    ...waitLimitOptions,
    ...severalOptions,
  },
  // What is gone is drawn as a row, what is kept as deleted as itself.
  draws: (input) => (input.for.includes('deleted') && input.image.length === 1 ? undefined : drawsEach()(input)),
  isHarmless: true,
  needs: { at: ['show'] },
  examples: [
    { does: 'until it can be used', type: 'imgctl wait golden' },
    {
      does: 'until a copy is there, at most ten minutes',
      type: 'imgctl wait lin:private/123 --for replicated=us-iad --wait-timeout 10m',
    },
  ],
  run(input, context) {
    const goal = goalFrom(input.for);
    const wait = async ({ at, id, text, call, called }: UncheckedTarget<'show'>): Promise<Image | undefined> => {
      const task = context.task(`wait for ${text}`);
      const known = begunByRuns(at as Account, id, context);
      let isMissing = false;
      const missing = (): void => void (isMissing = true);
      const image = await waitFor(at as Account, id, goal, { limits: input, call, task, missing, ...known });
      task.done();
      const other = isMissing ? await called?.() : undefined;
      if (other) return wait(other);
      if (isMissing) context.warn(`${text} is not there: it is gone already, or there never was such an image`);
      return image;
    };
    // It changes nothing: there is nothing to plan.
    const real = { ...context, settings: { ...context.settings, dryRun: false } };
    const waiting = (target: UncheckedTarget<'show'>) => ({ plan: async () => [], perform: () => wait(target) });
    return eachImage(real, input.image, input, waiting, { among: statuses });
  },
});

function goalFrom(words: readonly string[]): Goal {
  const places = words.flatMap((word) => (word.startsWith('replicated=') ? [word.slice('replicated='.length)] : []));
  if (places.length > 0 && places.length < words.length) throw usageError('--for: places and statuses cannot be mixed');
  if (places.length > 0) return { places };
  const wanted = words.length === 0 ? ['active'] : words;
  const odd = wanted.find((word) => !(statuses as readonly string[]).includes(word));
  if (odd !== undefined)
    throw usageError(`--for: unknown status: ${odd}`, { hint: `Supported: ${statuses.join(', ')}, or replicated=PLACE.` });
  return wanted.includes('deleted') ? { gone: true } : { status: wanted as readonly Status[] };
}

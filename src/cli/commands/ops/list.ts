import { usageError } from '../../../core/errors.ts';
import { runStates, type Run } from '../../../engine/journal/run-state.ts';
import { runsIn } from '../../../engine/journal/runs.ts';
import { runView } from '../../../ui/views/run.ts';
import { defineCommand } from '../../program/command.ts';
import type { Surface } from '../../program/context.ts';
import { many } from '../../program/outcome.ts';
import { skipping } from './meant.ts';
import { shownRun } from './shown-run.ts';

const usualLimit = 20;

export const list = defineCommand({
  about:
    'Every run that changed something, the newest first: what it began, and what it left behind. Only the journal on this machine is ' +
    'read. imgctl ops show also looks at the providers.',
  args: {},
  options: {
    left: { kind: 'flag', summary: 'only runs that left something' },
    state: { kind: 'names', value: 'state', suggests: [...runStates], summary: 'only runs in these states' },
    limit: { kind: 'count', summary: `how many (default ${usualLimit})` },
    all: { kind: 'flag', summary: 'all of them' },
  },
  draws: () => runView,
  isHarmless: true,
  needs: {},
  examples: [
    { does: 'the latest runs', type: 'imgctl ops list' },
    { does: 'what is left of runs that were broken off', type: 'imgctl ops list --left' },
  ],
  async run(input, context) {
    const states = statesFrom(input.state);
    const fits = (run: Run): boolean =>
      (!input.left || run.left.length > 0) && (states.length === 0 || states.includes(run.state));
    const limit = input.all ? Infinity : (input.limit ?? usualLimit);
    return many(runView, shown(fits, limit, context));
  },
});

function* shown(fits: (run: Run) => boolean, limit: number, context: Surface) {
  let count = 0;
  for (const run of runsIn(context.home, context.now(), skipping(context))) {
    if (!fits(run)) continue;
    if (count >= limit) return;
    count += 1;
    yield shownRun(run, context);
  }
}

/** Throws USAGE for a state that there is not. */
function statesFrom(words: readonly string[]): readonly string[] {
  const odd = words.find((word) => !(runStates as readonly string[]).includes(word));
  if (odd !== undefined) throw usageError(`--state: unknown state: ${odd}`, { hint: `Supported: ${runStates.join(', ')}` });
  return words;
}

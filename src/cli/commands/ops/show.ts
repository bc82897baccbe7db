import { findLeft } from '../../../engine/journal/find-left.ts';
import { runView } from '../../../ui/views/run.ts';
import { defineCommand } from '../../program/command.ts';
import { one } from '../../program/outcome.ts';
import { runArg, runMeant } from './meant.ts';
import { wholeRun } from './shown-run.ts';

export const show = defineCommand({
  about: 'Without a run: the latest. What it left is looked up at the provider.',
  args: runArg,
  options: {},
  draws: () => runView,
  isHarmless: true,
  needs: {},
  examples: [
    { does: 'the latest run', type: 'imgctl ops show' },
    { does: 'one run, for a script', type: 'imgctl ops show 20261128-183000-a1b2c3 -o json' },
  ],
  async run(input, context) {
    const run = runMeant(input.run, context, () => true, 'yet');
    const found = run.state === 'running' ? [] : await findLeft(run.left, context);
    return one(runView, wholeRun(run, found, context));
  },
});

import { given, type Image } from '../../../core/image.ts';
import type { Changes, Description } from '../../../core/operation.ts';
import { ImgctlError } from '../../../core/errors.ts';
import { commandLine, nowhere } from '../../../core/hint.ts';
import type { WaitLimits } from '../../../core/poll.ts';
import type { Run } from '../../../engine/journal/run-state.ts';
import { cameAbout, noteResumed, resumptionOf, type Resumption, type Whole } from '../../../engine/journal/resume.ts';
import { imageView } from '../../../ui/views/image.ts';
import { waitLimitOptions } from '../../options/wait.ts';
import { defineCommand } from '../../program/command.ts';
import type { Surface } from '../../program/context.ts';
import { one } from '../../program/outcome.ts';
import type { Rerun } from '../../program/context.ts';
import { isOpen, runArg, runMeant } from './meant.ts';

export const resume = defineCommand({
  about:
    'Resumes an upload, copy, import or replication that was interrupted: a record without data is filled, what the provider still ' +
    'works on is waited for, what is missing is created. The source must not have changed. Without a run: the latest that left something.',
  args: runArg,
  options: waitLimitOptions,
  // Which view it is shows only with the run.
  draws: () => undefined,
  needs: {},
  examples: [
    { does: 'resume the latest interrupted run', type: 'imgctl ops resume' },
    { does: 'with one of them', type: 'imgctl ops resume 20261128-183000-a1b2c3' },
  ],
  async run(input, context) {
    const run = runMeant(input.run, context, isOpen, 'has left anything');
    const resumption = await resumptionOf(run, input, context);
    if (context.journal) {
      context.journal.resumes = run.run.id;
      context.journal.expected = resumption.source;
    }
    const again = await context.rerun(resumption);
    const known = knownWhole(resumption);
    const { outcome, isWhole } = known ? { outcome: undefined, isWhole: true } : await goneOnWith(run, again, input, context);
    const labelled = await Promise.all(resumption.whole.map((there) => withLabels(there, again.labels(), context)));
    if (known) context.say(`not verified: ${known.image.id} is complete, and was not compared with its source`);
    if (isWhole && !context.settings.dryRun) noteResumed(run, context);
    return known ? one(imageView, labelled[0] ?? known.image) : outcome;
  },
});

/** Runs it again. Where that fails because what was wanted has come about meanwhile, it is done. */
async function goneOnWith(run: Run, again: Rerun, limits: WaitLimits, context: Surface): ReturnType<Rerun['run']> {
  try {
    return await again.run();
  } catch (error) {
    if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
    const image = await cameAbout(run, limits, context);
    if (!image) throw run.left.length > 0 ? undoFirst(error, run) : error;
    return { outcome: one(imageView, image), isWhole: true };
  }
}

/** What the run itself may have made can stand in its own way. */
function undoFirst(error: ImgctlError, { run: { id } }: Run): ImgctlError {
  if (error.code !== 'CONFLICT') return error;
  const undo = `If that is what run ${id} has made, look at it with: ${commandLine({ verb: 'ops undo', args: [id] }, nowhere)}`;
  return error.hinting([error.circumstances.hint, undo].filter(Boolean).join('\n'));
}

/** The one image that was wanted, where it is whole already and its provider knows no digest by which it could be compared. */
function knownWhole({ whole, goOn }: Resumption): Whole | undefined {
  const [only, ...others] = whole;
  return only && !only.isComparable && others.length === 0 && goOn.length === 0 ? only : undefined;
}

/** The image with what an image gets only once its data is there. Its name too, which some providers keep apart from it. */
async function withLabels(
  { at, image }: Whole,
  { visibility, protected: locked }: Omit<Description, 'name'>,
  context: Surface,
): Promise<Image> {
  const patch = at.maybe('patch');
  const changes = given<Changes>({
    name: patch?.fields.includes('name') ? image.name : undefined,
    visibility: visibility === image.visibility ? undefined : visibility,
    protected: locked === image.protected ? undefined : locked,
  });
  if (!patch || Object.keys(changes).length === 0) return image;
  return patch.run({ id: image.id, changes, extras: {} }, context.call());
}

import { statSync } from 'node:fs';
import { conflictError, providerError, unsupportedError, usageError } from '../../core/errors.ts';
import { commandLine, nowhere, shellWord } from '../../core/hint.ts';
import { given, type Image } from '../../core/image.ts';
import type { Account } from '../account/account.ts';
import type { EngineContext } from '../context.ts';
import type { WaitLimits } from '../../core/poll.ts';
import type { ActionSource, CallRef, RunEntry } from './entry.ts';
import { findLeft, unheardOf, type LeftAt, type LeftImage } from './find-left.ts';
import type { GoOn } from './go-on.ts';
import { journalFolder, openRun } from './journal-folder.ts';
import { isAtRest, isMaking, type Left, type Run } from './run-state.ts';
import { requireEnded, runNamed } from './runs.ts';
import { waitedFor } from './at-rest.ts';

/** How a run is gone on with: what was typed or called, records that are filled, and images that are whole already. */
export interface Resumption {
  readonly words: readonly string[];
  /** The call of a program. Absent: it was typed. */
  readonly call?: CallRef;
  /** The folder in which it was typed. */
  readonly folder: string;
  /** Profile that was meant where none was typed. */
  readonly profile?: string;
  readonly goOn: readonly GoOn[];
  readonly whole: readonly Whole[];
  /** Where the bytes came from when the first of its runs took them. Absent: none has got so far, or it is not known. */
  readonly source?: ActionSource;
  /** Some of what was wanted is there already: only the rest is to be made. */
  readonly isPartly: boolean;
}

/** `isComparable`: its provider tells a digest by which it can be compared with its source, or it must be compared. */
export interface Whole extends LeftAt {
  readonly isComparable: boolean;
}

/** Verbs that can be gone on with. Others change an image in one step. */
const resumable: ReadonlySet<string> = new Set(['upload', 'copy', 'cp', 'import', 'replicate']);
/** Commands that look at what is there, and so do what a run of theirs has left. */
const goingOn: ReadonlySet<string> = new Set(['apply', 'prune', 'channel']);

/** The run, and those that it went on with itself, the newest first. */
export function chainOf(run: Run, context: EngineContext): readonly [Run, ...Run[]] {
  const { resumes } = run.run;
  if (resumes === undefined) return [run];
  return [run, ...chainOf(runNamed(resumes, context.home, context.now()), context)];
}

/** How the same is done anew. */
const anew = ({ words, call, isMasked }: RunEntry): string =>
  call
    ? `Make the call again in its program: ${call.name}(…)`
    : isMasked
      ? 'Type the command again.'
      : `Run it again: ${['imgctl', ...words].map(shellWord).join(' ')}`;

/** Throws CONFLICT or USAGE, with what to type instead, for a run that cannot be gone on with. */
function requireResumable(run: Run, first: Run, sourced: Sourced): void {
  const { id } = run.run;
  const { words, isMasked } = first.run;
  requireEnded(run);
  if (run.state !== 'failed' && run.state !== 'interrupted')
    throw conflictError(`run ${id} is ${run.state}: there is nothing to resume`);
  const again = anew(first.run);
  const undoFirst = run.left.length > 0 ? `Undo it with: ${commandLine({ verb: 'ops undo', args: [id] }, nowhere)}\n` : '';
  const verb = words.find((word) => resumable.has(word));
  if (verb === undefined && words.some((word) => goingOn.has(word)))
    throw unsupportedError(`run ${id} is not resumed: the same command goes on with what is left`, {
      hint: `${again}\n${undoFirst}`.trimEnd(),
    });
  if (verb === undefined)
    throw unsupportedError(`run ${id} cannot be resumed: what it does is done in one step`, { hint: `${undoFirst}${again}` });
  if (isMasked)
    throw usageError(
      `run ${id} cannot be resumed: ${first.run.call ? 'its input' : 'what was typed'} had a secret in it, which is not kept`,
      {
        hint: `${undoFirst}${again}`,
      },
    );
  requireSource(first, sourced, `${undoFirst}${again}`);
}

interface Sourced {
  readonly source: ActionSource | undefined;
  warn(message: string): void;
}

/** Throws CONFLICT where the file is another one by now, UNSUPPORTED where it can be read only once. */
function requireSource({ run }: Run, { source, warn }: Sourced, hint: string): void {
  if (run.call?.hasOwnBytes)
    throw unsupportedError(`run ${run.id} cannot be resumed: the bytes that its program gave are not kept`, { hint });
  if (source?.file === undefined) {
    if (run.words.includes('upload') && run.words.some((word) => word === '-' || word === '/dev/stdin'))
      throw unsupportedError(`run ${run.id} cannot be resumed: standard input can be read only once`, { hint });
    return;
  }
  const facts = statSync(source.file, { throwIfNoEntry: false });
  if (facts && source.bytes === undefined)
    return warn(`not checked: nothing tells whether ${source.file} is what run ${run.id} took`);
  if (facts?.size === source.bytes && facts?.mtime.toISOString() === source.modifiedAt) return;
  throw conflictError(`${source.file} ${facts ? 'has changed' : 'is gone'} since run ${run.id}`, { hint });
}

/**
 * Finds out how a run can be gone on with; jobs that still run at the provider are waited for. Throws what stands in the way, with
 * what to type instead.
 */
export async function resumptionOf(run: Run, limits: WaitLimits, context: EngineContext): Promise<Resumption> {
  const chain = chainOf(run, context);
  const first = chain.at(-1) ?? run;
  const source = sourceOf(chain);
  requireResumable(run, first, { source, warn: (message) => context.warn(message) });
  const left = openIn(chain);
  const found = await waitedFor(await findLeft(left, context), limits, context);
  const goOn = found.flatMap((one) => fillable(one, run));
  const unheard = await Promise.all(found.map(async (one) => unheardOf(one, context)));
  const whole = [...found.flatMap(wholeIn), ...unheard.flatMap((one) => (one ? [{ ...one, isComparable: true }] : []))];
  const isDone = chain.some(({ outcomes, actions }) =>
    actions.some(({ action, verb }) => outcomes.get(action)?.result === 'done' && (verb === 'upload' || verb === 'import')),
  );
  return {
    words: first.run.words,
    ...given({ call: first.run.call }),
    folder: first.run.folder,
    ...given({ source }),
    ...(first.run.profile === undefined ? {} : { profile: first.run.profile }),
    goOn,
    whole,
    isPartly: whole.length > 0 || (isDone && goOn.length === 0),
  };
}

/** What the first of the runs took that has got so far: who goes on with it takes no other. */
const sourceOf = (chain: readonly Run[]): ActionSource | undefined =>
  chain.flatMap(({ actions }) => actions.flatMap(({ source }) => source ?? []).slice(0, 1)).at(-1);

/** What is to be looked at: what was left, or, where a run died with nothing left to make, what it had made. */
function openIn(chain: readonly Run[]): readonly Left[] {
  const left = chain.flatMap((one) => one.left);
  if (left.length > 0) return left;
  return chain.flatMap(({ actions, outcomes }) =>
    actions.flatMap((action) => {
      const { result, image } = outcomes.get(action.action) ?? {};
      return result === 'done' && image !== undefined && isMaking(action.verb) ? [{ action, id: image }] : [];
    }),
  );
}

function wholeIn(found: LeftImage): readonly Whole[] {
  if (found.is === 'candidates') return wantedIn(found).map((image) => ({ at: found.at, image, isComparable: false }));
  if (found.is !== 'whole' && found.is !== 'likely' && found.is !== 'earlier') return [];
  const { at, image, left } = found;
  if (!isAtRest(image.status, left.action.verb)) return [];
  const isComparable = found.is !== 'earlier' && left.action.verb === 'upload' && at.verb('upload').digests.length > 0;
  return [{ at, image, isComparable }];
}

/** That of these which is what the run wanted by an id that is a digest of it, whoever has made it, and however long after the run's end. */
const wantedIn = ({ at, images, left: { id, action } }: LeftImage & { readonly is: 'candidates' }): readonly Image[] =>
  images.filter(
    (one) => at.driver.idsAreDigests && one.id === id && one.name === action.name && isAtRest(one.status, action.verb),
  );

/**
 * The image that the run was to make or move, where that has come about by itself while it was gone on with. Absent: it has not, or
 * there were several.
 */
export async function cameAbout(run: Run, limits: WaitLimits, context: EngineContext): Promise<Image | undefined> {
  const left = openIn(chainOf(run, context));
  const [only, ...others] = await waitedFor(await findLeft(left, context), limits, context);
  if (!only || others.length > 0) return undefined;
  // What can be compared with its source was, and is not what it should be.
  if (only.is !== 'places') return wholeIn(only).find(({ isComparable }) => !isComparable)?.image;
  const places = only.image.places.filter(({ status }) => status === 'active').map(({ name }) => name);
  return only.left.places?.every((name) => places.includes(name)) ? only.image : undefined;
}

/** The record to be filled, where there is one. Throws for what can neither be filled nor left alone. */
function fillable(found: LeftImage, run: Run): readonly GoOn[] {
  const undo = `Undo it with: ${commandLine({ verb: 'ops undo', args: [run.run.id] }, nowhere)}`;
  if (found.is === 'gone' || found.is === 'places' || wholeIn(found).length > 0) return [];
  if (found.is === 'unknown') throw found.reason;
  if (found.is === 'parts') return [{ profile: found.at.profile, name: found.left.action.name ?? '', ref: found.ref }];
  if (found.is === 'candidates')
    throw conflictError(`which image run ${run.run.id} made in ${found.at.profile} is not known`, { hint: undo });
  const { at, image, left } = found;
  const { profile, provider } = at;
  // It waits for the import that the run did not come to: whoever does it looks at the record himself.
  if (found.is === 'earlier' && left.action.verb === 'import' && image.status === 'pending') return [];
  if (image.status === 'failed')
    throw providerError(`${image.id} (${image.name}) failed at the provider${reasonOf(image)}`, {
      profile,
      provider,
      leftover: image.id,
      hint: undo,
    });
  if (!canFill(at, left) || image.status !== 'queued')
    throw unsupportedError(`${image.id} (${image.name}) is ${image.status}: ${provider} cannot resume it`, {
      profile,
      provider,
      leftover: image.id,
      hint: `${undo}\n${anew(run.run)}`,
    });
  // A record that was there before was named by its id: what was typed says so already.
  return found.is === 'earlier'
    ? []
    : [{ profile, name: left.action.name ?? image.name, id: image.id, ...given({ ref: left.ref }) }];
}

const reasonOf = ({ progress }: Image): string => (progress?.message === undefined ? '' : `: ${progress.message}`);

const canFill = (at: Account, { action }: Left): boolean =>
  action.verb === 'upload' || action.verb === 'import' ? (at.driver.facts[action.verb]?.into ?? false) : false;

/** Writes into the journals of a run, and of those that it went on with, that it was gone on with to the end. */
export function noteResumed(run: Run, context: EngineContext): void {
  for (const { run: each } of chainOf(run, context)) {
    const file = openRun(journalFolder(context.home), each.id);
    file.add({ kind: 'resumed', at: new Date(context.now()).toISOString(), by: context.journal?.opened?.id ?? '' });
    file.close();
  }
}

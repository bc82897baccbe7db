import { abortedError, conflictError, ImgctlError, notFoundError, providerError, waitTimeoutError } from '../../core/errors.ts';
import { isNoSuchImage } from '../../core/answer-error.ts';
import type { Image, Status } from '../../core/image.ts';
import type { Job, JobState } from '../../core/job.ts';
import { jobOn } from '../../core/job-operation.ts';
import type { Call } from '../../core/operation.ts';
import { hasFailed, toldBy, withReason } from '../images/told.ts';
import { limitText, spentOf } from '../../core/call.ts';
import { poll, type Looked, type WaitLimits } from '../../core/poll.ts';
import { refusal } from '../../core/driver.ts';
import { commandLine, fillingOf } from '../../core/hint.ts';
import type { Account } from '../account/account.ts';
import type { Task } from '../../core/task.ts';

/** What is waited for. `gone`: the image is no longer there. `places`: it is active in each of these. */
export type Goal = { readonly status: readonly Status[] } | { readonly gone: true } | { readonly places: readonly string[] };

/** States in which nothing goes on by itself. */
const resting: ReadonlySet<Status> = new Set(['active', 'inactive', 'deleted', 'queued']);

/** Whether an image has reached a goal. Throws PROVIDER, with the provider's reason, when it has failed. */
function reached(image: Image, goal: Goal): boolean {
  if ('places' in goal) return allPlacesReady(image, goal.places);
  if (image.status === 'failed') throw failure(image, image.progress?.message);
  if ('gone' in goal) return image.status === 'deleted';
  return goal.status.includes(image.status);
}

/** Throws CONFLICT where an image that was seen at work has come to rest without reaching its goal. */
function refuseRest(image: Image, goal: Goal): void {
  if (!('status' in goal) || !resting.has(image.status)) return;
  throw conflictError(`${image.id} ended up ${stateOf(image)} instead of ${goal.status.join(' or ')}`, {
    hint: 'Check whether another client works on it.',
  });
}

/** Throws NOT_FOUND, with the places that there are, for one in which no image can ever be. */
async function refuseUnknown(at: Account, image: Image, wanted: readonly string[], call: Call): Promise<void> {
  const absent = wanted.filter((name) => !image.places.some((place) => place.name === name));
  const look = at.maybe('places');
  if (absent.length === 0 || !look) return;
  const places = await look
    .run({}, call)
    // Whoever cannot tell its places may have this one.
    .catch(() => undefined);
  const odd = places && absent.find((name) => !places.some((place) => place.name === name));
  if (!places || odd === undefined) return;
  throw notFoundError(`no such place: ${odd}`, { hint: `Places: ${places.map(({ name }) => name).join(', ')}` });
}

function allPlacesReady(image: Image, wanted: readonly string[]): boolean {
  const states = wanted.map((name) => image.places.find((place) => place.name === name));
  const failed = states.find((place) => place?.status === 'failed');
  if (failed) throw failure(image, `${failed.name}: ${failed.message ?? failed.providerStatus ?? 'failed'}`);
  if (image.status === 'failed') throw failure(image, image.progress?.message);
  return states.every((place) => place?.status === 'active');
}

type Named = Pick<Image, 'id' | 'profile' | 'provider'> & { readonly name?: string };

function failure({ id, name, profile, provider }: Named, reason: string | undefined, what = 'failed'): Error {
  const image = name === undefined ? id : `${id} (${name})`;
  return providerError(`${image} ${what} at the provider${reason ? `: ${reason}` : ', without a reason'}`, { profile, provider });
}

const jobFailure = (image: Named, { state, message }: JobState): Error =>
  failure(image, message, state === 'cancelled' ? 'was cancelled' : 'failed');

/** What is waited for, and how. */
export interface Wait {
  readonly limits: WaitLimits;
  readonly call: Call;
  readonly task?: Task;
  /** The job that is waited for. Absent: the newest of the call that is about the image, or what another run may have begun. */
  readonly job?: Job | undefined;
  /** Why data that an image waits for will never come, as far as is known here. Absent, or none: somebody may send it. */
  abandoned?(image: Image): ImgctlError | undefined;
  /** Hears that an image whose end is waited for is not there at the first look: nobody can say whether it ever was. */
  missing?(): void;
}

/**
 * Looks at an image until the goal is reached; absent where it is gone then. Where the job is known that leads there, it is looked
 * at: PROVIDER, with the provider's reason, as soon as that has failed or was cancelled, whatever the image's record still says.
 * Throws UNSUPPORTED where images lie in no places, CONFLICT where nobody is left to do it, WAIT_TIMEOUT, saying how to go on, when time is up.
 */
export async function waitFor(
  at: Account,
  id: string,
  goal: Goal,
  { limits, call, task, job, abandoned, missing }: Wait,
): Promise<Image | undefined> {
  if ('places' in goal && !at.maybe('places')) throw refusal(at.driver, 'places').inProfile(at.profile, at.provider);
  const known = job ?? jobOn(call, id);
  const look = lookFor(at, id, known, call);
  let began = false;
  let last: Image | undefined;
  const looked = async (): Promise<Looked<Image | undefined, Image>> => {
    const sight = await look();
    if (sight instanceof ImgctlError) {
      if ('gone' in goal && !last) missing?.();
      if ('gone' in goal) return { answer: undefined };
      if (!last) throw await withReason(sight, at, id, call);
      throw providerError(`${id} was deleted while waiting`, sight.circumstances);
    }
    if (!sight.image) throw jobFailure(last ?? { id, profile: at.profile, provider: at.provider }, sight.job);
    const isFirst = last === undefined;
    const image = (last = sight.image);
    const outcome = known && sight.job && hasFailed(sight.job) ? sight.job : undefined;
    if (outcome && image.status === 'failed') throw jobFailure(image, outcome);
    if (reached(image, goal)) return { answer: finished(image) };
    if (outcome) throw jobFailure(image, outcome);
    const reason = image.status === 'queued' && !('gone' in goal) ? abandoned?.(image) : undefined;
    if (reason) throw reason.inProfile(at.profile, at.provider);
    if (began) refuseRest(image, goal);
    if ('places' in goal && isFirst) await refuseUnknown(at, image, goal.places, call);
    began ||= !resting.has(image.status);
    return { seen: image, againMs: sight.job?.againMs };
  };
  return poll(looked, {
    limits,
    signal: call.signal,
    waiting: (image, spentMs, limitMs) => task?.message(told(image, spentMs, limitMs), image.progress?.percent),
    late: (image, limitMs) => late(at, id, goal, limitMs, image),
    interrupted: () => abortedError(`interrupted while waiting for ${id} (it continues at the provider)`),
  });
}

/** What was waited for is done: what the provider told of its progress is over. */
function finished(image: Image): Image {
  const { progress: _over, ...done } = image;
  return done;
}

/** What a wait shows of itself: the state, the provider's own words, how long it has taken and may take. */
function told(image: Image, spentMs: number, limitMs: number): string {
  const message = image.progress?.message;
  const state = message === undefined ? stateOf(image) : `${stateOf(image)}, ${message}`;
  return `${state}, ${spentOf(spentMs, limitMs)}`;
}

/** An image, and how the job stands that it is about, as far as one is known. Of an image that is gone the job may be all that is left. */
type Sight = { readonly image: Image; readonly job?: JobState } | { readonly image?: never; readonly job: JobState };

/** How to look at an image again and again, or the NOT_FOUND that was answered. Without a known job the one behind its state counts. */
function lookFor(at: Account, id: string, known: Job | undefined, call: Call): () => Promise<Sight | ImgctlError> {
  const show = (): Promise<Image> => at.verb('show').run({ id }, call);
  let behind: Job | undefined;
  const through = async (job: Job): Promise<Sight> => {
    const state = await at.look(job, call);
    if (state.state === 'done') behind = undefined;
    if (!state.image && hasFailed(state)) return { job: state };
    return { image: toldBy(state, state.image ?? (await show())), job: state };
  };
  const look = async (): Promise<Sight> => {
    const job = known ?? behind;
    if (job) return through(job);
    const image = await show();
    behind = at.behind(id, image)[0];
    return behind ? through(behind) : { image };
  };
  return () =>
    look().catch((error: unknown) => {
      if (error instanceof ImgctlError && isNoSuchImage(error)) return error;
      throw error;
    });
}

function late(at: Account, id: string, goal: Goal, limitMs: number, image: Image): Error {
  const wanted =
    'gone' in goal
      ? 'deleted'
      : 'places' in goal
        ? goal.places.map((name) => `replicated=${name}`).join(',')
        : goal.status.join(',');
  return waitTimeoutError(`timed out after ${limitText(limitMs)}: ${id} is still ${stateOf(image)}`, {
    hint: `${whyNot(at, image, goal)}Keep waiting with: ${commandLine({ verb: 'wait', image: id, options: { for: wanted } }, at)}`,
    profile: at.profile,
    provider: at.provider,
  });
}

/** Our word for the state, with the provider's own, which its console shows, where that is another one. */
function stateOf({ status, providerStatus }: Image): string {
  return providerStatus === '' || providerStatus === status ? status : `${status} (${providerStatus})`;
}

/** Why what is waited for may never come; empty where it may. */
function whyNot(at: Account, image: Image, goal: Goal): string {
  if ('places' in goal) {
    const idle = goal.places.filter((name) => !image.places.some((place) => place.name === name));
    return idle.length > 0 && resting.has(image.status) ? `${idle.join(', ')}: not there, and nothing is under way.\n` : '';
  }
  if (image.status !== 'queued' || 'gone' in goal) return '';
  const fill = at.driver.facts.upload?.into ? ` Fill it with: ${commandLine(fillingOf(image.id), at)}` : '';
  return `No data was sent yet.${fill}\n`;
}

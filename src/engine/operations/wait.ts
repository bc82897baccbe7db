import {
  abortedError,
  conflictError,
  ImgctlError,
  isNoSuchImage,
  notFoundError,
  providerError,
  waitTimeoutError,
} from '../../core/errors.ts';
import type { Image, Status } from '../../core/image.ts';
import type { Call, Work } from '../../core/operation.ts';
import { limitText, spentOf } from '../../core/call.ts';
import { poll, type Looked, type WaitLimits } from '../../core/poll.ts';
import { typedImage } from '../../core/hint.ts';
import type { Account } from '../account/account.ts';
import type { Task } from '../../core/task.ts';

/** What is waited for. `gone`: the image is no longer there. `places`: it is active in each of these. */
export type Goal = { readonly status: readonly Status[] } | { readonly gone: true } | { readonly places: readonly string[] };

/** The work behind an image that is looked at without knowing what another run began. */
export const begunElsewhere: Work = { since: new Date(0).toISOString() };

/** States in which nothing goes on by itself. */
const resting: ReadonlySet<Status> = new Set(['active', 'inactive', 'deleted', 'queued']);

/**
 * Whether an image has reached a goal. Throws PROVIDER, with the provider's reason, when it has failed, and CONFLICT when
 * it has come to rest elsewhere. `began`: the image was seen working, so a resting state is the outcome.
 */
function reached(image: Image, goal: Goal, began: boolean): boolean {
  if ('places' in goal) return allPlacesReady(image, goal.places);
  if (image.status === 'failed') throw failure(image, image.progress?.message);
  if ('gone' in goal) return image.status === 'deleted';
  if (goal.status.includes(image.status)) return true;
  if (began && resting.has(image.status))
    throw conflictError(`${image.id} ended up ${stateOf(image)} instead of ${goal.status.join(' or ')}`, {
      hint: 'Check whether another client works on it.',
    });
  return false;
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

const failure = (image: Image, reason: string | undefined): Error =>
  providerError(`${image.id} (${image.name}) failed at the provider${reason ? `: ${reason}` : ', without a reason'}`, {
    profile: image.profile,
    provider: image.provider,
  });

/**
 * Looks at an image until the goal is reached. Throws WAIT_TIMEOUT, saying how to go on, when time is up; the pauses grow
 * up to the poll interval. `work` lets the driver look at the provider's own list of tasks.
 */
export async function waitFor(
  at: Account,
  id: string,
  goal: Goal,
  options: { readonly limits: WaitLimits; readonly work?: Work; readonly call: Call; readonly task?: Task },
): Promise<Image | undefined> {
  let began = false;
  let last: Image | undefined;
  const looked = async (): Promise<Looked<Image | undefined, Image>> => {
    const seen = await look(at, id, options.work, options.call);
    if (seen instanceof ImgctlError) {
      if ('gone' in goal) return { answer: undefined };
      if (!last) throw seen;
      throw providerError(`${id} was deleted while waiting`, seen.circumstances);
    }
    const isFirst = last === undefined;
    const image = (last = seen);
    if (reached(image, goal, began)) return { answer: finished(image) };
    if ('places' in goal && isFirst) await refuseUnknown(at, image, goal.places, options.call);
    began ||= !resting.has(image.status);
    return { seen: image };
  };
  return poll(looked, {
    limits: options.limits,
    signal: options.call.signal,
    waiting: (image, spentMs, limitMs) => options.task?.message(told(image, spentMs, limitMs), image.progress?.percent),
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

/** The image, or the NOT_FOUND that the provider answered. */
async function look(at: Account, id: string, work: Work | undefined, call: Call): Promise<Image | ImgctlError> {
  try {
    return await at.verb('show').run({ id, ...(work ? { awaiting: work } : {}) }, call);
  } catch (error) {
    if (error instanceof ImgctlError && isNoSuchImage(error)) return error;
    throw error;
  }
}

function late(at: Account, id: string, goal: Goal, limitMs: number, image: Image): Error {
  const wanted =
    'gone' in goal
      ? 'deleted'
      : 'places' in goal
        ? goal.places.map((name) => `replicated=${name}`).join(',')
        : goal.status.join(',');
  return waitTimeoutError(`timed out after ${limitText(limitMs)}: ${id} is still ${stateOf(image)}`, {
    hint: `${whyNot(at, image, goal)}Keep waiting with: imgctl wait ${typedImage(at.profile, id)} --for ${wanted}`,
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
  const fill = at.driver.facts.upload?.into ? ` Fill it with: imgctl upload FILE --into ${typedImage(at.profile, image.id)}` : '';
  return `No data was sent yet.${fill}\n`;
}

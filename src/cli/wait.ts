import { setTimeout as sleep } from 'node:timers/promises';
import { abortedError, conflictError, ImgctlError, providerError, waitTimeoutError } from '../core/errors.ts';
import type { Image, Status } from '../core/image.ts';
import type { Call, Work } from '../core/operation.ts';
import { humanDuration } from '../core/quantity.ts';
import type { Task } from '../ui/progress.ts';
import type { At } from './command.ts';
import type { Options } from './option.ts';

export const waitOptions = {
  wait: { kind: 'switch', summary: 'wait until the provider has done it (default)' },
  waitTimeout: { kind: 'duration', summary: 'how long to wait (default 2h)' },
  pollInterval: { kind: 'duration', summary: 'longest pause between two looks (default 5s)' },
} as const satisfies Options;

export interface WaitLimits {
  readonly waitTimeout: number | undefined;
  readonly pollInterval: number | undefined;
}

/** What is waited for. `gone`: the image is no longer there. `places`: it is active in each of these. */
export type Goal = { readonly status: readonly Status[] } | { readonly gone: true } | { readonly places: readonly string[] };

const usualWaitMs = 2 * 3_600_000;
const usualPauseMs = 5000;
const firstPauseMs = 250;
const growth = 1.6;

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
    throw conflictError(`${image.id} came to rest as ${image.status}, not as ${goal.status.join(' or ')}`, {
      hint: 'somebody else may be at work on it',
    });
  return false;
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
  at: At,
  id: string,
  goal: Goal,
  options: { readonly limits: WaitLimits; readonly work?: Work; readonly call: Call; readonly task?: Task },
): Promise<Image | undefined> {
  const limitMs = options.limits.waitTimeout ?? usualWaitMs;
  const longestMs = options.limits.pollInterval ?? usualPauseMs;
  const deadline = Date.now() + limitMs;
  let pauseMs = Math.min(firstPauseMs, longestMs);
  let began = false;
  for (;;) {
    const image = await look(at, id, options.work, options.call);
    if (!image) {
      if ('gone' in goal) return undefined;
      throw providerError(`${id} disappeared while it was waited for`, { profile: at.profile, provider: at.provider });
    }
    if (image.progress) options.task?.message(image.progress.message ?? image.status, image.progress.percent);
    if (reached(image, goal, began)) return image;
    began ||= !resting.has(image.status);
    if (Date.now() + pauseMs > deadline) throw late(at, id, goal, limitMs, image);
    await sleep(pauseMs, undefined, { signal: options.call.signal }).catch(() => {
      throw abortedError(`stopped waiting for ${id}; the provider goes on`);
    });
    pauseMs = Math.min(pauseMs * growth, longestMs);
  }
}

async function look(at: At, id: string, work: Work | undefined, call: Call): Promise<Image | undefined> {
  try {
    return await at.verb('show').run({ id, ...(work ? { awaiting: work } : {}) }, call);
  } catch (error) {
    if (error instanceof ImgctlError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

function late(at: At, id: string, goal: Goal, limitMs: number, image: Image): Error {
  const wanted =
    'gone' in goal
      ? 'deleted'
      : 'places' in goal
        ? goal.places.map((name) => `replicated=${name}`).join(',')
        : goal.status.join(',');
  return waitTimeoutError(
    `${id} is still ${image.status} after ${limitMs < 1000 ? `${limitMs} ms` : humanDuration(limitMs)}; the provider goes on`,
    {
      hint: `imgctl wait ${at.profile}:${id} --for ${wanted}`,
      profile: at.profile,
      provider: at.provider,
    },
  );
}

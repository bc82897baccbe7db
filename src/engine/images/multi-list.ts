import { ImgctlError } from '../../core/errors.ts';
import { commandLine } from '../../core/hint.ts';
import type { Image } from '../../core/image.ts';
import type { Call } from '../../core/operation.ts';
import { humanDuration, timerMs } from '../../core/quantity.ts';
import type { EngineContext } from '../context.ts';
import { compareImages, type Listing } from './list.ts';
import { inParallel } from '../concurrency.ts';

/** How one profile is asked for its images. */
export type AskProfile = (profile: string, call: Call) => Promise<AsyncIterable<Image>>;

/** Several profiles' answers to one question. */
export interface Fleet {
  /** In the order of the profiles, or in the order asked for; each is there as soon as those before it are. */
  readonly images: AsyncIterable<Image>;
  /** Profiles that failed so far; all of them once `images` has ended. */
  readonly failed: ReadonlySet<string>;
}

/**
 * Asks every profile at once, or as many as `--concurrency` says, each for at most `limitMs`. One that fails or does not answer in time is reported; what it gave
 * until then, and the others, go on.
 */
export function askFleet(
  profiles: readonly string[],
  ask: AskProfile,
  { sort, limit }: Pick<Listing, 'sort' | 'limit'>,
  limitMs: number,
  context: EngineContext,
): Fleet {
  const failed = new Set<string>();
  async function* images(): AsyncIterable<Image> {
    const atOnce = context.settings.concurrency === undefined ? profiles.length : context.settings.concurrencyLimit;
    const parts = inParallel(atOnce, profiles, async (profile) => {
      const got: Image[] = [];
      try {
        await within(limitMs, profile, context, async (call) => {
          for await (const image of await ask(profile, call)) got.push(image);
        });
      } catch (error) {
        failed.add(profile);
        await context.report(named(error, profile));
      }
      return [...got];
    });
    let left = limit ?? Infinity;
    for await (const image of sort.length > 0 ? sorted(parts, sort) : inOrder(parts)) {
      if (left <= 0) return;
      left -= 1;
      yield image;
    }
  }
  return { images: images(), failed };
}

/** A failure of one of several says which one it was. */
function named(error: unknown, profile: string): unknown {
  if (!(error instanceof ImgctlError) || error.message.includes(profile)) return error;
  return new ImgctlError(error.code, `${profile}: ${error.message}`, { profile, ...error.circumstances });
}

/** Does the work until the time is over; then it is told to stop, and not waited for. Throws NETWORK then. */
async function within(
  limitMs: number,
  profile: string,
  context: EngineContext,
  work: (call: Call) => Promise<void>,
): Promise<void> {
  const call = context.call();
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(
        new ImgctlError('NETWORK', `profile ${profile}: timed out after ${humanDuration(limitMs)}`, {
          profile,
          hint: `Allow more time with --profile-timeout, or list it alone with: ${commandLine({ verb: 'list' }, { profile, region: context.settings.region })}`,
        }),
      );
      stop.abort();
    }, timerMs(limitMs));
  });
  try {
    await Promise.race([work({ ...call, signal: AbortSignal.any([call.signal, stop.signal]) }), over]);
  } finally {
    clearTimeout(timer);
  }
}

async function* inOrder(parts: readonly Promise<readonly Image[]>[]): AsyncIterable<Image> {
  for (const part of parts) yield* await part;
}

async function* sorted(parts: readonly Promise<readonly Image[]>[], sort: Listing['sort']): AsyncIterable<Image> {
  yield* (await Promise.all(parts)).flat().sort((a, b) => compareImages(a, b, sort));
}

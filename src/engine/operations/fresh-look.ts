import { ImgctlError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import type { Call } from '../../core/operation.ts';
import type { Account } from '../account/account.ts';
import type { EngineContext } from '../context.ts';
import type { Change } from './change.ts';

/** A publisher's image that was found, by what was asked for. */
interface Found {
  readonly at: Account<'download'>;
  readonly image: Image;
  /** Its id, or a name whose meaning may have changed. */
  readonly typed: string;
  readonly call: Call;
}

/**
 * What a text means now, after the file of what it meant was not there, or was another one: a publisher's documents and files change
 * one after the other. `call` is that by which they were read anew. Absent where `error` says neither of it, and where nothing has changed.
 */
export async function freshLook(
  error: unknown,
  { at, image, typed, call }: Found,
  context: EngineContext,
): Promise<Pick<Found, 'image' | 'call'> | undefined> {
  const isMoved = error instanceof ImgctlError && (error.code === 'NOT_FOUND' || error.code === 'INTEGRITY');
  // Nobody else publishes documents that may run ahead of the files, or behind.
  if (!isMoved || !at.signatures) return undefined;
  // What was read for the other call may be kept for it.
  const again = { ...call, signal: AbortSignal.any([call.signal]) };
  const now = await at
    .maybe('show')
    ?.run({ id: typed }, again)
    .catch((cause: unknown) => {
      // What failed first says more.
      throw cause instanceof ImgctlError && cause.code !== 'ABORTED' ? error : cause;
    });
  if (!now || factsOf(now) === factsOf(image)) return undefined;
  context.say(`${at.profile} has changed meanwhile (${error.message}): ${typed} is ${now.id} now`);
  return { image: now, call: again };
}

const factsOf = ({ id, checksums, sizeBytes }: Image): string => JSON.stringify({ id, checksums, sizeBytes });

/** A change that is begun with `first`; where it fails, it is begun once more with what a fresh look finds, if that finds anything else. */
export async function afresh<From, Result>(
  begin: (from: From) => Promise<Change<Result>>,
  first: From,
  look: (error: unknown) => Promise<From | undefined>,
): Promise<Change<Result>> {
  const begun: Change<Result>[] = [];
  let isAgain = false;
  const again = async (error: unknown): Promise<Change<Result>> => {
    const other = isAgain ? undefined : await look(error);
    if (other === undefined) throw error;
    isAgain = true;
    return started(other);
  };
  const started = async (from: From): Promise<Change<Result>> => {
    const change = await begin(from);
    begun.push(change);
    return change;
  };
  const change = await started(first).catch(again);
  return {
    plan: () => change.plan(),
    perform: () => change.perform().catch(async (error: unknown) => (await again(error)).perform()),
    async close() {
      for (const one of begun) await one.close?.();
    },
  };
}

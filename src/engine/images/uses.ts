import type { Action } from '../../core/action.ts';
import { limitText } from '../../core/call.ts';
import { ImgctlError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import type { Call, ImageUses } from '../../core/operation.ts';
import type { Account } from '../account/account.ts';

/** Somebody waits for the answer before he is asked: a service that is out of reach must not keep him. */
const mostMs = 15_000;
const mostRetries = 1;

/**
 * What uses these images, in their order, for whoever is about to lose them. Absent: the provider cannot be asked. One that does not
 * answer in time has told nothing: every kind of use is unasked then. Throws ABORTED where the call itself is stopped, and nothing else.
 */
export async function usesOf(
  at: Pick<Account, 'maybe'>,
  images: readonly Image[],
  call: Call,
  limitMs = mostMs,
): Promise<readonly ImageUses[] | undefined> {
  const verb = at.maybe('uses');
  if (!verb) return undefined;
  const late = AbortSignal.timeout(limitMs);
  const brief: Call = {
    ...call,
    retries: { left: Math.min(mostRetries, call.retries.left) },
    signal: AbortSignal.any([call.signal, late]),
  };
  try {
    return await verb.run({ images }, brief);
  } catch (error) {
    const isLate = late.aborted && !call.signal.aborted;
    if (!(error instanceof ImgctlError) || (error.code === 'ABORTED' && !isLate)) throw error;
    const reason = isLate ? `no answer within ${limitText(limitMs)}` : error.message;
    const code = isLate ? 'NETWORK' : error.code;
    const unasked = verb.knows.map((kind) => ({ kind, reason, code }));
    return images.map(({ id }) => ({ image: id, uses: [], unasked }));
  }
}

/** The same of an image that a plan takes away, as the plan says it. Nothing where no image is known. */
export async function plannedUses(
  at: Pick<Account, 'maybe'>,
  image: Image | undefined,
  call: Call,
): Promise<Pick<Action, 'uses' | 'unasked'>> {
  const [found] = (image && (await usesOf(at, [image], call))) ?? [];
  if (!found) return {};
  const { uses, unasked } = found;
  return { uses, ...(unasked.length > 0 ? { unasked } : {}) };
}

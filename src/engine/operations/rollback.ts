import { ImgctlError } from '../../core/errors.ts';
import { isNoSuchImage } from '../../core/answer-error.ts';
import { jobOn } from '../../core/job-operation.ts';
import type { Call } from '../../core/operation.ts';
import type { Account } from '../account/account.ts';

/**
 * Removes an image that this run has made and that must not stay, also one that was made protected. What is gone already is
 * removed; absent where its provider deletes nothing. Throws what keeps it from going.
 */
export async function removeMade(at: Account<'show'>, id: string, call: Call): Promise<'removed' | undefined> {
  const remove = at.maybe('delete');
  if (!remove) return undefined;
  const gone = (error: unknown): void => {
    if (!isNoSuchImage(error)) throw error;
  };
  try {
    await remove.run({ id }, call).catch(gone);
  } catch (error) {
    const patch = at.maybe('patch');
    if (!(error instanceof ImgctlError) || error.code !== 'CONFLICT' || !patch?.fields.includes('protected')) throw error;
    await patch.run({ id, changes: { protected: false }, extras: {} }, call);
    await remove.run({ id }, call).catch(gone);
  }
  return 'removed';
}

/**
 * Whether the job that makes an image was ended because the run was stopped: whoever stops it does not want what is still made. Not
 * so where the provider has no way to, or refuses: then it goes on.
 */
export async function cancelled(at: Account, id: string, call: Call): Promise<boolean> {
  const job = jobOn(call, id);
  if (!call.signal.aborted || !job || !at.cancel) return false;
  try {
    await at.cancel(job, { ...call, signal: AbortSignal.timeout(30_000) });
    return true;
  } catch (error) {
    if (!(error instanceof ImgctlError)) throw error;
    return false;
  }
}

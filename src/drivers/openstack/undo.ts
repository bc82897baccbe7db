import { ImgctlError } from '../../core/errors.ts';
import type { Call } from '../../core/operation.ts';
import type { OpenstackClient } from './client.ts';
import { deleteImage } from './images.ts';

/** Milliseconds that removing a half-made record may take, also after the run itself was stopped. */
const undoMs = 30_000;

/**
 * Does work on a record that was made for it; when it fails, the record is removed again and the failure passed on.
 * A record that cannot be removed is named in the failure as left over.
 */
export async function orRemove<T>(client: OpenstackClient, id: string, call: Call, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // The call's own signal may be what ended the work: removing needs one of its own.
    const after: Call = { signal: AbortSignal.timeout(undoMs), retries: { left: 2 }, note: (event) => call.note(event) };
    const removed = await deleteImage(client, id, after).then(
      () => true,
      (reason: unknown) => reason instanceof ImgctlError && reason.code === 'NOT_FOUND',
    );
    if (removed) {
      call.note({ kind: 'removed', id });
      throw error;
    }
    throw leftOver(error, id);
  }
}

function leftOver(error: unknown, id: string): ImgctlError {
  if (error instanceof ImgctlError) return error.with({ leftover: id });
  return new ImgctlError('INTERNAL', error instanceof Error ? error.message : String(error), { cause: error, leftover: id });
}

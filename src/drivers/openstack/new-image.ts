import { ImgctlError } from '../../core/errors.ts';
import { isNoSuchImage } from '../../core/answer-error.ts';
import type { ImageRecord } from '../../core/image.ts';
import type { Call, Description } from '../../core/operation.ts';
import type { OpenstackClient } from './client.ts';
import { createImage } from './create.ts';
import { deleteImage, patchImage } from './images.ts';
import { isForbidden } from './errors.ts';

/** Milliseconds that removing a half-made record may take, also after the run itself was stopped. */
const undoMs = 30_000;

/** Removes a record as well as can be; whether none is left. The call's own signal may be what ended the work. */
async function removed(client: OpenstackClient, id: string, call: Call): Promise<boolean> {
  const after: Call = { ...call, signal: AbortSignal.timeout(undoMs), retries: { left: 2 } };
  try {
    await deleteImage(client, id, after).catch(async (error: unknown) => {
      if (!isForbidden(error)) throw error;
      // It may have been made protected.
      await patchImage(client, id, [{ op: 'replace', path: '/protected', value: false }], after);
      await deleteImage(client, id, after);
    });
    call.note({ kind: 'removed', id });
    return true;
  } catch (error) {
    return isNoSuchImage(error);
  }
}

function leftOver(error: unknown, id: string): ImgctlError {
  if (error instanceof ImgctlError) return error.with({ leftover: id });
  return new ImgctlError('INTERNAL', error instanceof Error ? error.message : String(error), { cause: error, leftover: id });
}

/** No answer, or none that says what happened, such as a success without a record: the record may have been made. */
function unanswered(error: unknown): boolean {
  if (!(error instanceof ImgctlError)) return true;
  const { status } = error.circumstances;
  return status === undefined || status >= 500 || status < 400 || status === 408;
}

/**
 * Makes a record and does work on it. When either fails the record is removed again and the failure passed on; one that
 * cannot be removed is named in the failure as left over. Where the caller wants no id of its own, we choose it: so a record
 * can be removed of whose making no answer came. A site that gives ids of its own is right: the id of its answer counts. An id that the caller chose may belong to another image in that case.
 */
export async function onNewImage(
  client: OpenstackClient,
  description: Description & { readonly name: string },
  wanted: string | undefined,
  call: Call,
  work: (id: string) => Promise<ImageRecord>,
): Promise<ImageRecord> {
  const chosen = wanted ?? crypto.randomUUID();
  let made: string | undefined;
  call.note({ kind: 'intended', id: chosen });
  try {
    made = (await createImage(client, description, chosen, call, wanted !== undefined)).id;
    return await work(made);
  } catch (error) {
    const id = made ?? chosen;
    const perhaps = made !== undefined || (wanted === undefined && unanswered(error));
    if (perhaps && !(await removed(client, id, call))) throw leftOver(error, id);
    throw error;
  }
}

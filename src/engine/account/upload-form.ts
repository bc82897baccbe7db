import type { Call, UploadRequest } from '../../core/operation.ts';
import type { BlockwiseUpload } from '../operations/send-content.ts';

type Runnable = { run(request: never, call: never): unknown };

/**
 * A verb of a session as it is; of an upload that has a block form, one whose `run` takes the form that fits. `most`: blocks that the
 * user lets be under way at once; absent: as many as the provider takes.
 */
export function inFittingForm<B extends Runnable>(bound: B, most?: number): B {
  if (!('begin' in bound)) return bound;
  const upload = bound as Runnable as BlockwiseUpload;
  const run = async (request: UploadRequest, call: Call): Promise<unknown> =>
    (await import('../operations/send-content.ts')).sendContent(upload, request, call, most);
  return { ...bound, run };
}

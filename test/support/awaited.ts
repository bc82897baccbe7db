import type { Session } from '../../src/core/driver.ts';
import { imageFrom, type Image } from '../../src/core/image.ts';
import type { Job } from '../../src/core/job.ts';
import type { Call } from '../../src/core/operation.ts';
import { toldBy } from '../../src/engine/images/told.ts';
import { testCall } from '../conformance/stage.ts';

/** An image as whoever waits for its job takes it to be. One that is gone has the id only. */
export async function awaited(session: Session, job: Job & { readonly image: string }, call: Call = testCall()): Promise<Image> {
  const state = await session.look(job, call);
  const none = {
    id: job.image,
    name: '',
    status: 'pending',
    providerStatus: '',
    tags: [],
    properties: {},
    places: [],
    raw: {},
  } as const;
  return toldBy(state, state.image ?? imageFrom(none, session));
}

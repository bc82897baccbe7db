import { checkedResult } from './answer-check.ts';
import type { Call } from './call.ts';
import type { Image, ImageRecord } from './image.ts';
import type { Job, JobState } from './job.ts';
import type { JobOperation } from './job-operation.ts';

/** Jobs of one account. */
export interface BoundJobs {
  /** How a job stands; where the provider has none, `unknown` with the image as `show` gives it. Throws NOT_FOUND where that is gone. */
  look(job: Job, call: Call): Promise<JobState<Image>>;
  /** Ends a job that goes on. Absent: there is no way to. */
  readonly cancel?: (job: Job, call: Call) => Promise<void>;
  /** As the driver's: jobs of other runs that may be behind the state of an image. */
  behind(id: string, image?: ImageRecord): readonly Job[];
}

/** A driver's jobs for one client. Images carry profile and provider, and are the ones that were asked for. */
export function boundJobs<Client>(
  jobs: JobOperation<Client> | undefined,
  client: Client,
  at: { readonly profile: string; readonly provider: string },
  show: (id: string, call: Call) => Promise<ImageRecord>,
): BoundJobs {
  const byRecord = async ({ image }: Job, call: Call): Promise<JobState> =>
    image === undefined ? { state: 'unknown' } : { state: 'unknown', image: await show(image, call) };
  const { cancel } = jobs ?? {};
  return {
    async look(job, call) {
      const { image, ...state } = await (jobs?.look(client, job, call) ?? byRecord(job, call));
      if (!image) return state;
      const asked = job.image === undefined ? {} : { id: job.image };
      return { ...state, image: (await checkedResult('show', asked, Promise.resolve(image), at)) as Image };
    },
    ...(cancel ? { cancel: (job: Job, call: Call) => cancel(client, job, call) } : {}),
    behind: (id, image) => jobs?.behind?.(id, image) ?? [],
  };
}

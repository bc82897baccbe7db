import type { Call } from './call.ts';
import type { ImageRecord } from './image.ts';
import type { Job, JobState } from './job.ts';

/** What a driver offers whose provider goes on working after its answer. */
export interface JobOperation<Client> {
  /** How the job stands. Throws NOT_FOUND where the image is gone and nothing tells why. */
  look(client: Client, job: Job, call: Call): Promise<JobState>;
  /** Ends a job that goes on. One that has ended, or is not known any more, is left as it is. Absent: there is no way to. */
  cancel?(client: Client, job: Job, call: Call): Promise<void>;
  /**
   * Jobs of other runs that may be behind the state of an image, the likeliest first; with an id alone those that may have ended in
   * there being no such image. None: nothing goes on that its record would not tell. Does no I/O.
   */
  behind?(id: string, image?: ImageRecord): readonly Job[];
}

/** The newest job of a call that is about an image. */
export const jobOn = (call: Call, id: string): Job | undefined =>
  call.begun.findLast(({ image }) => image === undefined || image === id);

/** Says that a provider has accepted work: at once, before anything else can fail. */
export function began(call: Call, job: Omit<Job, 'since'>): void {
  call.note({ kind: 'began', job: { ...job, since: new Date().toISOString() } });
}

import type { Call } from './call.ts';
import type { ImageRecord } from './image.ts';
import type { OperationName } from './operation.ts';

/**
 * Work that a provider has accepted and that goes on after its answer. Plain data: what is written down as JSON and read back,
 * by another run too, names the same work.
 */
export interface Job {
  readonly verb: OperationName;
  /** What the provider calls the work. Absent: it has no name for it, or did not say. */
  readonly ref?: string;
  /** Id of the image that it is about. Absent: there is none yet. */
  readonly image?: string;
  /** The place in which it is done, where that has to be known to ask about it. */
  readonly place?: string;
  /** When it was accepted, RFC 3339 UTC by the clock of this machine. Absent: another run began it, nobody knows when. */
  readonly since?: string;
}

/** How a job stands. */
export interface JobState<Record extends ImageRecord = ImageRecord> {
  /** `unknown`: the provider does not tell, any more or at all; the image's own record is all that there is to go by. */
  readonly state: 'running' | 'done' | 'failed' | 'cancelled' | 'unknown';
  /** The image as it was when the job was looked at. Absent: there is none. */
  readonly image?: Record;
  readonly percent?: number;
  /** The provider's own words: the reason where it has failed. */
  readonly message?: string;
  /** The provider wants to be asked again no sooner than in so many ms. */
  readonly againMs?: number;
}

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

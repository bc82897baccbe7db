import type { ImageRecord } from './image.ts';
import type { OperationName } from './operation-names.ts';

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

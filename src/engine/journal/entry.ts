import type { Job } from '../../core/job.ts';
import type { OperationName } from '../../core/operation.ts';

/** The version of the lines below; a file of a later one is read as far as its lines are understood. */
export const journalVersion = 1;

/** The call of a program (`src/index.ts`), as far as it is plain data without secrets. */
export interface CallRef {
  /** As it is exported. */
  readonly name: string;
  /** Absent: it is about none in particular. */
  readonly profile?: string;
  /** Files by their whole paths, other accounts by their profiles. */
  readonly input: Readonly<Record<string, unknown>>;
  /** Region that was asked for. */
  readonly region?: string;
  /** The bytes came from the program itself: nobody else has them. */
  readonly hasOwnBytes?: boolean;
}

/** First line of a file: which run it is, and how it was typed or called. Times are RFC 3339 UTC. */
export interface RunEntry {
  readonly kind: 'run';
  readonly version: number;
  readonly id: string;
  readonly at: string;
  /** Version of the program. */
  readonly imgctl: string;
  /** What was typed, without secrets; of a call, the verb as it would be typed. */
  readonly words: readonly string[];
  /** A program has called it. Absent: it was typed. */
  readonly call?: CallRef;
  /** Something was taken out of the words, or of the call: as they are kept, they cannot be done again. */
  readonly isMasked?: boolean;
  /** Folder that relative paths start from. */
  readonly folder: string;
  /** Tells the process that writes: `host/process-id.ts`. */
  readonly process: string;
  /** Profile that is meant where none is typed. */
  readonly profile?: string;
  /** The run that this one goes on with. */
  readonly resumes?: string;
}

/** An account: its profile, and what tells whether the profile still leads there. */
export interface AccountRef {
  readonly profile: string;
  readonly provider: string;
  /** Digest of what the profile says besides secrets. */
  readonly account: string;
  /** Region that was asked for. */
  readonly region?: string;
}

/** Where the bytes of an action come from. */
export interface ActionSource {
  /** Absolute path. */
  readonly file?: string;
  readonly bytes?: number;
  /** When the file was last written. */
  readonly modifiedAt?: string;
  readonly url?: string;
  /** The image that is copied, as `PROFILE:ID`. */
  readonly image?: string;
  /** Tells this state of a URL or an image from another one. Absent: nothing does. */
  readonly state?: string;
}

/** Where bytes come from, as it is known before they are read. */
export type SourceRef = Pick<ActionSource, 'file' | 'url' | 'image' | 'state'>;

/** Written before the first request of a verb. */
export interface ActionEntry extends AccountRef {
  readonly kind: 'action';
  /** Counts the actions of the run. */
  readonly action: number;
  readonly at: string;
  readonly verb: OperationName;
  /** Id of the image that it is about; absent where one is to be made. */
  readonly image?: string;
  /** Name of the image that is to be made. */
  readonly name?: string;
  /** What the verb was asked, as plain data without secrets. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly source?: ActionSource;
}

/** What a driver told while the verb worked. `intended`: an object of this id is about to be made. */
export interface NoteEntry {
  readonly kind: 'intended' | 'created' | 'removed';
  readonly action: number;
  readonly id: string;
}

/** The provider has taken work that goes on by itself. */
export interface BeganEntry {
  readonly kind: 'began';
  readonly action: number;
  readonly job: Job;
}

/** A disk is on its way in an upload of this name; the latest counts. */
export interface SendingEntry {
  readonly kind: 'sending';
  readonly action: number;
  readonly ref: string;
}

/** The image of the action is about to be put into these places, in which it was not. */
export interface AddingEntry {
  readonly kind: 'adding';
  readonly action: number;
  readonly places: readonly string[];
}

/** How a verb ended. `image` and `status` are those of the image that it gave back. */
export interface OutcomeEntry {
  readonly kind: 'outcome';
  readonly action: number;
  readonly result: 'done' | 'failed' | 'aborted';
  readonly image?: string;
  readonly status?: string;
  readonly code?: string;
  readonly message?: string;
  readonly hint?: string;
  readonly leftover?: string;
  /** The provider may have made something all the same. */
  readonly isUncertain?: boolean;
}

/** An image of the run was seen at rest, in these places. */
export interface SettledEntry {
  readonly kind: 'settled';
  readonly profile: string;
  readonly id: string;
  readonly status: string;
  readonly places?: readonly string[];
}

/** Last line of a run that came to its end by itself. */
export interface EndEntry {
  readonly kind: 'end';
  readonly at: string;
  readonly exitCode: number;
  readonly code?: string;
  readonly message?: string;
  readonly hint?: string;
  /** Ids that failures have named as left over. */
  readonly leftover?: readonly string[];
}

/** Another run has looked after what this one left. `gone`: ids that are already gone; `actions`: those of which nothing is left. */
export interface UndoneEntry {
  readonly kind: 'undone';
  readonly at: string;
  readonly by: string;
  readonly gone: readonly string[];
  readonly actions: readonly number[];
}

/** Another run has gone on with this one, to its end. */
export interface ResumedEntry {
  readonly kind: 'resumed';
  readonly at: string;
  readonly by: string;
}

export type Entry =
  | RunEntry
  | ActionEntry
  | NoteEntry
  | BeganEntry
  | SendingEntry
  | AddingEntry
  | OutcomeEntry
  | SettledEntry
  | EndEntry
  | UndoneEntry
  | ResumedEntry;

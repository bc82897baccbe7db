import type { Action } from '../../core/action.ts';
import type { BoundJobs } from '../../core/bound-jobs.ts';
import type { Bound, Driver } from '../../core/driver.ts';
import type { ImageRecord } from '../../core/image.ts';
import type { BoundProjection } from '../../core/projection.ts';
import type { Identity, Owner } from '../../core/identity.ts';
import type { Call, Handover, OperationName, OperationTypes } from '../../core/operation.ts';
import type { SignatureJudge } from '../trust/judge.ts';
import type { LazyJournal } from '../journal/lazy-journal.ts';
import type { ContentCache } from './content-cache.ts';

/** Whose images a name means at one end of a command: where it changes something the caller's own, else also those that can be read. */
export type Reach = 'own' | 'readable';

/**
 * An account a command works at: the verbs it asked for, and nothing else. `verb` gives those that it needs, refused
 * before any request where the driver lacks them; `maybe` gives any other, where the driver has it.
 */
export interface Account<Name extends OperationName = OperationName> extends BoundJobs {
  readonly profile: string;
  readonly provider: string;
  /** The region that was asked for in the place of the profile's. */
  readonly region?: string | undefined;
  readonly driver: Driver;
  /** Asks for its name before anything is deleted or replaced in it. */
  readonly isProtected: boolean;
  readonly reach: Reach;
  /** What its names shall mean images of, where that was asked for. */
  readonly architecture?: string;
  /** Digest of what its profile says, without secrets: another one, and the profile leads elsewhere. */
  readonly key: string;
  verb<N extends Name>(name: N): Bound<N>;
  maybe<N extends OperationName>(name: N): Bound<N> | undefined;
  /**
   * What a verb would do if it were asked that: in a dry run, where the verb itself must not be run, with the first request that
   * would change something, where the provider is one that is sent requests. Throws what makes it impossible.
   */
  preview<N extends OperationName>(name: N, request: OperationTypes[N]['request'], call: Call): Promise<Action>;
  probe(call: Call): Promise<Identity>;
  /** As the session's: who is called that. */
  owners(name: string, call: Call): Promise<readonly Owner[]>;
  /** As the session's: how an image that is no disk is handed over. */
  handover(image: ImageRecord, call: Call): Promise<Handover | undefined>;
  /** As the session's: why this account cannot take what is handed over. */
  objection(handover: Handover, call: Call, name: string): Promise<string | undefined>;
  /** As the session's: whether data that is there already can be relied on. */
  isIntact(id: string, call: Call): Promise<boolean>;
  /** As the session's: by what other tools find the target of a channel. */
  readonly projection?: BoundProjection;
  /** Judges the signatures of what is read from here; absent: nothing here is signed. */
  readonly signatures?: SignatureJudge;
  /** What is known here of images that its provider knows too little of. */
  readonly memory: ContentCache;
  /** The same account, whose changes are written into another journal; absent: into none. */
  journaled(journal: LazyJournal | undefined): Account<Name>;
}

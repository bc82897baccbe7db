import type { Action } from '../../core/action.ts';

/** A change that was looked at as far as that changes nothing, and is yet to be made. `close` is due whatever happens. */
export interface Change<Result> {
  /** What would be done; sends nothing that changes anything. Throws what makes it impossible, as far as that can be told. */
  plan(): Promise<readonly Action[]>;
  /** Does it. */
  perform(): Promise<Result>;
  /** Lets go of what was opened for it. Absent: nothing was. */
  close?(): Promise<void>;
}

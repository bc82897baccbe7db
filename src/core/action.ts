import type { UnaskedUse, Use } from './uses.ts';

/**
 * What an action does to what is there. `add`: nothing goes, nothing changes. `reuse`: it is there already, nothing is done.
 * `property`: a record says something else. `hide`: it is left out of lists. `deactivate`: its data is blocked. `shrink-places`: copies
 * go. `replace`: another image goes once this one is there. `delete`: it goes.
 */
export type Risk = 'add' | 'reuse' | 'property' | 'hide' | 'deactivate' | 'shrink-places' | 'replace' | 'delete';

/** What would be done: the verb with what it was asked, and the first request that would change something. */
export interface Action {
  readonly verb: string;
  /** Absent where only files of this machine are concerned. */
  readonly risk?: Risk;
  /** Absent where no provider takes part. */
  readonly profile?: string;
  readonly provider?: string;
  /** Id of the image that it is about, or the name of one that is to be made. */
  readonly image?: string;
  /** Of an image that is there: what it is, so that it can be recognised. */
  readonly name?: string;
  readonly status?: string;
  readonly sizeBytes?: number;
  readonly createdAt?: string;
  /** Where data would come from, and what it is. */
  readonly source?: ActionData;
  /** What would arrive. */
  readonly target?: ActionData;
  /** What the record would say. */
  readonly labels?: Readonly<Record<string, unknown>>;
  readonly method?: string;
  readonly url?: string;
  readonly body?: unknown;
  /** How the data of a copy would come to its target. */
  readonly route?: string;
  readonly steps?: readonly string[];
  /** What uses the image that goes, or is blocked. Absent: the provider cannot be asked. */
  readonly uses?: readonly Use[];
  /** What of that could not be asked, and counts as used. Absent: all was. */
  readonly unasked?: readonly UnaskedUse[];
}

/** Data that would be moved, as far as it is known. */
export interface ActionData {
  readonly name?: string;
  readonly format?: string;
  readonly compression?: string;
  readonly bytes?: number;
}

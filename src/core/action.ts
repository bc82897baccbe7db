/** What would have been done: the verb with what it was asked, and the first request that would have changed something. */
export interface Action {
  readonly verb: string;
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
}

/** Data that would be moved, as far as it is known. */
export interface ActionData {
  readonly name?: string;
  readonly format?: string;
  readonly compression?: string;
  readonly bytes?: number;
}

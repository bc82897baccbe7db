/** What became of one of several images. `image` is what was typed; `exitCode` is what it alone would have ended with. */
export interface ResultRow {
  readonly image: string;
  readonly profile?: string;
  readonly id?: string;
  readonly name?: string;
  /** State of the image afterwards; absent when it is gone. */
  readonly status?: string;
  /** `planned`: a dry run; `skipped`: after a failure of another. */
  readonly result: 'ok' | 'failed' | 'planned' | 'skipped';
  readonly message?: string;
  /** Of a copy: on which way the data came. */
  readonly route?: string;
  /** Kind of the failure, and what it alone would have ended with. */
  readonly code?: string;
  readonly exitCode?: number;
  readonly hint?: string;
  /** What a dry run would do, with the request that would be sent. */
  readonly plan?: object;
}

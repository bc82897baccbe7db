/** A stretch of a disk. */
export interface Extent {
  readonly offset: number;
  readonly length: number;
}

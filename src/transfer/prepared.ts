import type { Content } from '../core/operation.ts';
import type { Inspection } from './formats/inspection.ts';
import type { Plan } from './plan.ts';

/**
 * A source, looked at, and the way to its target. What can be told only once all of it has been seen is known from `content()` on:
 * `inspection` and `plan` may be others then.
 */
export interface Prepared {
  readonly inspection: Inspection;
  readonly plan: Plan;
  /** Length of the disk as the target gets it. Absent: not known yet. */
  readonly virtualBytes?: number | undefined;
  /** Makes the content; temporary files that the plan needs are written now. */
  content(): Promise<Content>;
  /**
   * The content as far as it is known, for a target that may come by it without reading it: it is read, and judged as a whole, only
   * where it is opened. The user's checksum has been held against what is known. Throws INTEGRITY.
   */
  offered(): Promise<Content>;
  /** Content id of the disk, absent where it cannot be told without fetching the source once more. */
  contentId(): Promise<string | undefined>;
  /** Digest of what would be sent, where that is known, or the source lies near and goes as it is. */
  digest(algorithm: string): Promise<string | undefined>;
  close(): Promise<void>;
}

import type { UnaskedUse, Use } from './uses.ts';

/**
 * What becomes of an image that is looked at for retirement. `retire`: it is taken out of use, as far as its provider can, and marked;
 * `delete`: it goes, a while after that; `unretire`: it is needed again, and what was done to retire it is taken back.
 */
export const retirementActions = ['keep', 'unretire', 'retire', 'delete'] as const;
export type RetirementAction = (typeof retirementActions)[number];

/** One image, and what became of it, or would. */
export interface RetirementRow {
  readonly profile: string;
  readonly id: string;
  readonly name: string;
  /** What it follows others in. Absent: it is not managed. */
  readonly series?: string;
  readonly action: RetirementAction;
  readonly reason: string;
  /** `planned`: a dry run; `skipped`: not begun when the run was stopped. */
  readonly result: 'ok' | 'failed' | 'planned' | 'skipped';
  /** State before anything was done. */
  readonly status: string;
  readonly createdAt?: string;
  readonly sizeBytes?: number;
  /** Since when it is retired. */
  readonly retiredAt?: string;
  /** When the grace ends. */
  readonly deleteAfter?: string;
  /** Where it lies: with the image all of it goes. */
  readonly places?: readonly string[];
  /** What else goes with it. */
  readonly takes?: 'snapshots';
  readonly uses?: readonly Use[];
  readonly unasked?: readonly UnaskedUse[];
  /** Why it failed, with the kind of the failure and what it alone would have ended with. */
  readonly message?: string;
  readonly code?: string;
  readonly exitCode?: number;
  readonly hint?: string;
}

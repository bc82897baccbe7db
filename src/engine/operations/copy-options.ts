import type { Description } from '../../core/operation.ts';
import type { TransferOptions } from '../../transfer/transfer-options.ts';
import type { Delivery } from './deliver.ts';
import type { ManageWish } from './managed.ts';
import type { WaitLimits } from '../../core/poll.ts';

/** What a copy uses at its ends. */
export const copyNeeds = { from: ['download', 'show', 'list'], to: ['upload', 'show', 'list'] } as const;

/** How it is to be copied. */
export interface CopyOptions extends WaitLimits, ManageWish {
  /** What is said of the copy, in place of what goes along. */
  readonly description: Omit<Description, 'name'>;
  /** Fields that only the target has, as they are typed. */
  readonly set: Readonly<Record<string, string>>;
  readonly transfer: TransferOptions;
  readonly ifExists: Delivery['ifExists'];
  /** It may be older than what it replaces. */
  readonly allowDowngrade?: boolean | undefined;
  readonly relay: boolean;
  readonly wait: boolean;
  /** What goes is agreed to before anything is begun, since it is one of several. */
  readonly isOneOfSeveral: boolean;
}

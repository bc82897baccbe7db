import type { Action } from '../../core/action.ts';
import { given } from '../../core/image.ts';
import type { RetirementRow } from '../../core/retirement.ts';
import type { Account } from '../account/account.ts';
import { retire } from '../desired/retire.ts';
import { meansOf } from '../desired/retirement-look.ts';
import { usualGrace, usualMaxDelete } from '../desired/retirement.ts';
import { changing, type ChangingCall } from './change.ts';
import { requireCount } from './require-count.ts';
import { waitLimits, type WaitOptions } from './wait-options.ts';

/** Which images are retired, and later deleted. Times are ms. */
export interface PruneInput extends Omit<WaitOptions, 'wait'> {
  /** Names, ids and globs; absent: all that is managed. */
  readonly images?: readonly string[] | undefined;
  /** So many of each series stay, of the active ones the newest; at least 1. */
  readonly keep: number;
  /** Younger ones stay. */
  readonly olderThanMs?: number | undefined;
  /** Between retiring an image and deleting it; absent: 14 days. */
  readonly graceMs?: number | undefined;
  /** At most so many are deleted; absent: 10. */
  readonly maxDelete?: number | undefined;
  /** What nobody can be asked about is not used. */
  readonly unused?: boolean | undefined;
  /** Ids of images that count as managed. */
  readonly managed?: readonly string[] | undefined;
}

/** Retires managed images that newer ones follow, and deletes what was retired long enough ago, once `confirm` of the context agrees. A row for each that was looked at. */
export const prune: ChangingCall<PruneInput, readonly RetirementRow[]> = changing('prune', async ({ at, engine }, input) => {
  const { images: words = [], keep, olderThanMs, graceMs = usualGrace, maxDelete = usualMaxDelete } = input;
  const { managed = [], unused = false } = input;
  requireCount('keep', keep, 1);
  requireCount('maxDelete', maxDelete, 0);
  requireCount('graceMs', graceMs, 0);
  if (olderThanMs !== undefined) requireCount('olderThanMs', olderThanMs, 0);
  const limits = { grace: graceMs, ...given({ olderThan: olderThanMs }), ...waitLimits(input) };
  const wishes = { ...limits, keep, maxDelete, managed, isUnusedBelieved: unused };
  const rows = async (): Promise<readonly RetirementRow[]> => (await retire([{ at, words }], wishes, engine)).rows;
  return { plan: async () => (await rows()).flatMap((row) => actionsOf(row, at)), perform: rows };
});

/** What would be done about an image; nothing: it stays as it is. */
function actionsOf({ action, profile, id, name, status, ...row }: RetirementRow, at: Account): readonly Action[] {
  if (action === 'keep') return [];
  const { deactivates, hides } = meansOf(at);
  const done = {
    retire: { verb: deactivates ? 'deactivate' : 'patch', risk: deactivates ? 'deactivate' : hides ? 'hide' : 'property' },
    unretire: { verb: deactivates ? 'reactivate' : 'patch', risk: 'property' },
    delete: { verb: 'delete', risk: 'delete' },
  } as const;
  const { sizeBytes, createdAt, uses, unasked } = row;
  return [
    {
      ...done[action],
      profile,
      provider: at.provider,
      image: id,
      name,
      status,
      ...given({ sizeBytes, createdAt, uses, unasked }),
    },
  ];
}

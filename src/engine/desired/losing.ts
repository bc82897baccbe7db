import type { DesiredRow } from '../../core/desired.ts';
import type { Image } from '../../core/image.ts';
import type { Account } from '../account/account.ts';
import type { Refusal } from './perform.ts';
import type { Part } from './planning.ts';

const losing: readonly DesiredRow['action'][] = ['delete', 'shrink-places', 'deactivate'];

/** Something goes by the row. */
export const isLosing = ({ action, retirement }: DesiredRow): boolean => losing.includes(action) || retirement === 'retire';

/** The row is something to be done. */
export const isDoable = ({ action }: DesiredRow): boolean => action !== 'blocked' && action !== 'unknown';

/** What goes from one account. */
export interface AccountLoss {
  readonly at: Account;
  readonly rows: readonly DesiredRow[];
  readonly images: readonly Image[];
}

/** What goes, by account; those that lose nothing are left out. */
export function lossesOf(parts: readonly Part[]): readonly AccountLoss[] {
  const losses = new Map<string, AccountLoss>();
  for (const { profile, rows, ready } of parts) {
    const going = rows.filter(isLosing);
    if (!ready || going.length === 0) continue;
    const { at, images } = ready.look;
    const before = losses.get(profile);
    losses.set(profile, {
      at: at as Account,
      rows: [...(before?.rows ?? []), ...going],
      images: [...(before?.images ?? []), ...images.filter(({ id }) => going.some((row) => row.id === id))],
    });
  }
  return [...losses.values()];
}

/** Refuses what is deleted beyond so many. */
export function atMost(limit: number): Refusal {
  let deleted = 0;
  return ({ action }) => {
    if (action !== 'delete') return undefined;
    deleted += 1;
    return deleted > limit ? `over --max-delete ${limit}` : undefined;
  };
}

import { isObject } from '../../core/json.ts';
import { marksOf, retiredProperty } from '../../core/marks.ts';
import type { EngineContext } from '../context.ts';
import type { ActionEntry } from '../journal/entry.ts';
import { accountOf } from '../journal/find-left.ts';
import type { Run } from '../journal/run-state.ts';
import type { WaitWishes } from '../operations/settle.ts';
import { unretire } from './superseded.ts';
import { stillThere } from '../images/still-there.ts';

/** An image that a run has retired, by the mark that it wrote. */
export interface RetiredByRun {
  readonly action: ActionEntry;
  readonly id: string;
  readonly retired: string;
}

/** What a run has retired, prune or apply. Until its grace ends, and a later run deletes it, that can be taken back. */
export const retiredBy = ({ actions }: Run): readonly RetiredByRun[] =>
  actions.flatMap((action) => {
    const { changes } = action.request;
    const properties = isObject(changes) ? changes.properties : undefined;
    const retired = action.verb === 'patch' && isObject(properties) ? properties[retiredProperty] : undefined;
    return typeof retired === 'string' && action.image !== undefined ? [{ action, id: action.image, retired }] : [];
  });

/** Ids of images that a run has deleted: nothing brings them back. */
export const deletedBy = ({ actions, outcomes }: Run): readonly string[] =>
  actions.flatMap(({ verb, image, action }) =>
    verb === 'delete' && image !== undefined && outcomes.get(action)?.result === 'done' ? [image] : [],
  );

/**
 * Brings an image back that a run has retired; one that was brought back or retired anew since is left as it is. In a dry run it is only
 * looked at. Throws CONFLICT where the profile leads to another account by now.
 */
export async function undoRetirement(
  { action, id, retired }: RetiredByRun,
  wishes: WaitWishes,
  context: EngineContext,
): Promise<'brought back' | 'would bring back' | 'already gone' | 'not retired by it any more'> {
  const at = await accountOf(action, context);
  const image = await stillThere(at, id, context.call());
  if (!image) return 'already gone';
  if (marksOf(image).retired !== retired) return 'not retired by it any more';
  if (context.settings.dryRun) return 'would bring back';
  await unretire(at, image, wishes, context);
  return 'brought back';
}

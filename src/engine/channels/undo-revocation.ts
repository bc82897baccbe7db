import { isObject } from '../../core/json.ts';
import { markChanges, marksOf, revokedProperty } from '../../core/marks.ts';
import type { EngineContext } from '../context.ts';
import { stillThere } from '../images/still-there.ts';
import type { ActionEntry } from '../journal/entry.ts';
import { accountOf } from '../journal/find-left.ts';
import type { Run } from '../journal/run-state.ts';
import type { WaitWishes } from '../operations/settle.ts';
import { stateChange } from '../operations/state.ts';
import { ownState } from './look.ts';
import { project } from './project.ts';
import { channelsTo } from './state.ts';

/** An image that a run has revoked, and how far it was taken out of use by that. */
export interface RevokedByRun {
  readonly action: ActionEntry;
  readonly id: string;
  readonly reason: string;
  readonly isHidden: boolean;
  readonly isDeactivated: boolean;
}

/** What a run has revoked. */
export const revokedBy = ({ actions }: Run): readonly RevokedByRun[] =>
  actions.flatMap((action) => {
    const { verb, image: id, profile, request } = action;
    const changes = isObject(request.changes) ? request.changes : {};
    const reason = isObject(changes.properties) ? changes.properties[revokedProperty] : undefined;
    if (verb !== 'patch' || id === undefined || typeof reason !== 'string') return [];
    const isDeactivated = actions.some((one) => one.verb === 'deactivate' && one.profile === profile && one.image === id);
    return [{ action, id, reason, isHidden: changes.hidden === true, isDeactivated }];
  });

/** Takes a revocation back that a run has made; in a dry run it is only looked at. Throws CONFLICT where the profile leads to another account by now. */
export async function undoRevocation(
  { action, id, reason, isHidden, isDeactivated }: RevokedByRun,
  wishes: WaitWishes,
  context: EngineContext,
): Promise<'no longer revoked' | 'would take the revocation back' | 'already gone' | 'not revoked by it any more'> {
  const at = await accountOf(action, context);
  const call = context.call();
  const image = await stillThere(at, id, call);
  if (!image) return 'already gone';
  if (marksOf(image).revoked !== reason) return 'not revoked by it any more';
  if (context.settings.dryRun) return 'would take the revocation back';
  // The mark goes last: whoever is killed before that can do it once more.
  if (isDeactivated && image.status === 'inactive')
    await stateChange('reactivate', { at, id, text: image.name || id, call }, wishes, context).perform();
  const basis = await at.verb('show').run({ id }, call);
  const shown = isHidden && basis.hidden === true ? { hidden: false } : {};
  const changes = { ...markChanges(basis, { revoked: null }), ...shown };
  const now = await at.verb('patch').run({ id, changes, basis, extras: {} }, call);
  for (const channel of channelsTo(now))
    if ((await ownState(at, channel, call)).target?.image.id === id) await project(at, channel, now, call);
  return 'no longer revoked';
}

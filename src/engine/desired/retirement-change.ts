import { conflictError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import { managedByHand, markChanges, marksOf } from '../../core/marks.ts';
import type { Call, Changes } from '../../core/operation.ts';
import type { Account } from '../account/account.ts';
import { channelsTo } from '../channels/state.ts';
import type { EngineContext } from '../context.ts';
import { deletion } from '../operations/delete.ts';
import type { WaitWishes } from '../operations/settle.ts';
import { stateChange } from '../operations/state.ts';
import type { RetirementDecision } from './retirement.ts';
import type { Found } from './retirement-look.ts';

/**
 * Carries out what is decided about an image. It is looked at once more before anything is done: throws CONFLICT where what was decided
 * by is another by then. Steps are in such an order that a run that is killed between two of them is gone on with by the next one.
 * Whether it may be done was asked before.
 */
export async function carryOut(
  { candidate, action }: RetirementDecision<Found>,
  wishes: WaitWishes,
  context: EngineContext,
): Promise<void> {
  const { at, image, can } = candidate;
  const call = context.call();
  const look = (): Promise<Image> => at.verb('show').run({ id: image.id }, call);
  const agreed: EngineContext = { ...context, confirmLoss: async () => undefined };
  if (action === 'keep') return;
  const now = await look();
  requireSame(image, now);
  const target = { at, id: image.id, text: image.name || image.id, call, found: { image: now, isShown: true } };
  if (action === 'delete') await deletion(target, wishes, agreed).perform();
  if (action === 'retire') {
    // Marked first: what is out of use and not marked was taken out by somebody else.
    await write(at, now, retiring(candidate, now, context.now()), call);
    if (can.deactivates) await stateChange('deactivate', target, wishes, agreed).perform();
  }
  if (action === 'unretire') {
    // The mark goes last, for the same reason.
    if (can.deactivates && now.status === 'inactive') await stateChange('reactivate', target, wishes, agreed).perform();
    await write(at, await look(), returning(candidate, now), call);
  }
}

const hiding = ({ can }: Found): boolean => can.hides && !can.deactivates;

/** An image that counts as managed by the word of the user gets the mark that says so. */
function retiring(found: Found, now: Image, ms: number): Changes {
  const { managed = managedByHand } = marksOf(now);
  const marks = markChanges(now, { managed, retired: new Date(ms).toISOString() });
  return { ...marks, ...(hiding(found) && now.hidden !== true ? { hidden: true } : {}) };
}

function returning(found: Found, now: Image): Changes {
  return { ...markChanges(now, { retired: null }), ...(hiding(found) && now.hidden === true ? { hidden: false } : {}) };
}

async function write(at: Account, basis: Image, changes: Changes, call: Call): Promise<void> {
  if (Object.keys(changes).length > 0) await at.verb('patch').run({ id: basis.id, changes, basis, extras: {} }, call);
}

/** What a decision is made by, as far as the record of the image tells it. */
const grounds = (image: Image): string =>
  JSON.stringify([
    image.status,
    image.protected === true,
    image.hidden === true,
    image.createdAt,
    marksOf(image),
    channelsTo(image),
  ]);

function requireSame(before: Image, now: Image): void {
  if (grounds(before) === grounds(now)) return;
  throw conflictError(`image ${now.id} was changed by another client meanwhile; nothing was done`, { hint: 'Run it again.' });
}

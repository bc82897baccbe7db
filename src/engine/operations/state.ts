import type { Image, Status } from '../../core/image.ts';
import type { Account } from '../account/account.ts';
import type { EngineContext } from '../context.ts';
import type { Target } from '../images/target.ts';
import { plannedUses } from '../images/uses.ts';
import type { Change } from './change.ts';
import { requireNotNeeded } from './deletable.ts';
import { settled, type WaitWishes } from './settle.ts';

/** Verbs that bring an image into another state. */
export type StateVerb = 'deactivate' | 'reactivate' | 'restore' | 'purge';

/** States that the image may come to rest in; of a purged one nothing is left. */
const goals: Readonly<Record<StateVerb, readonly Status[]>> = {
  deactivate: ['inactive'],
  reactivate: ['active'],
  restore: ['inactive', 'active'],
  purge: ['deleted'],
};

/** Those after which whoever uses the image misses it. */
const takesAway: ReadonlySet<StateVerb> = new Set(['deactivate', 'purge']);

/** The change of an image's state by one of the verbs for that. */
export function stateChange(
  verb: StateVerb,
  { at, id, text, call, found }: Target<StateVerb | 'show'>,
  wishes: WaitWishes,
  context: EngineContext,
): Change<Image> {
  const requireAgreed = async (): Promise<void> => {
    await requireNotNeeded(at as Account, { id, call, ...(found ? { found } : {}) });
    await agreeToLose(at as Account, { id, text, call }, context);
  };
  return {
    async plan() {
      if (verb === 'deactivate') await requireAgreed();
      const action = await at.preview(verb, { id }, call);
      const isMissed = takesAway.has(verb) && action.risk !== 'reuse';
      return [isMissed ? { ...action, ...(await plannedUses(at, found?.image, call)) } : action];
    },
    async perform() {
      if (verb === 'deactivate') await requireAgreed();
      const image = await at.verb(verb).run({ id }, call);
      if (wishes.wait === false || goals[verb].includes(image.status)) return image;
      const begun = { at: at as Account, verb, id: image.id, title: image.name, call };
      const goal = verb === 'purge' ? ({ gone: true } as const) : { status: goals[verb] };
      return (await settled(begun, goal, wishes, context)) ?? { ...image, status: 'deleted' };
    },
  };
}

/** Asks first where an image that is deactivated loses what it does not get back. Throws as `confirmLoss` does. */
async function agreeToLose(
  at: Account,
  { id, text, call }: Pick<Target<'show'>, 'id' | 'text' | 'call'>,
  context: EngineContext,
): Promise<void> {
  const { loses = [] } = at.driver.facts.deactivate ?? {};
  if (loses.length === 0) return;
  const what = `${text}, which loses its ${loses.join(' and ')} for good`;
  const images = async (): Promise<readonly Image[]> => [await at.verb('show').run({ id }, call)];
  await context.confirmLoss({ verb: 'Deactivate', what, images, count: 1, missedByUsers: true }, at);
}

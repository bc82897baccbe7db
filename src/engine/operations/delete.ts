import { ImgctlError } from '../../core/errors.ts';
import { commandLine } from '../../core/hint.ts';
import type { Account } from '../account/account.ts';
import type { EngineContext } from '../context.ts';
import type { Target } from '../images/target.ts';
import { plannedUses } from '../images/uses.ts';
import type { Change } from './change.ts';
import { requireNotNeeded, whyNotRemovable } from './deletable.ts';
import { settled, type WaitWishes } from './settle.ts';

/** The deletion of an image. Where it is refused because of the image's state, the failure says what to do first. */
export function deletion(target: Target<'delete' | 'show'>, wishes: WaitWishes, context: EngineContext): Change<undefined> {
  const { at, id, text, call, found } = target;
  return {
    async plan() {
      const reason = found && whyNotRemovable(at as Account, found.image);
      if (reason) throw reason;
      return [{ ...(await at.preview('delete', { id }, call)), ...(await plannedUses(at, found?.image, call)) }];
    },
    async perform() {
      await requireNotNeeded(at as Account, target);
      await removed(target);
      if (wishes.wait !== false && at.verb('delete').later)
        await settled({ at: at as Account, verb: 'delete', id, title: text, call }, { gone: true }, wishes, context);
      return undefined;
    },
  };
}

async function removed({ at, id, call }: Target<'delete' | 'show'>): Promise<void> {
  const verb = at.verb('delete');
  try {
    await verb.run({ id }, call);
  } catch (error) {
    if (!(error instanceof ImgctlError) || error.code !== 'CONFLICT' || !verb.from?.includes('inactive')) throw error;
    const { status } = await at.verb('show').run({ id }, call);
    if (status !== 'active' || verb.from.includes(status) || !at.driver.facts.deactivate) throw error;
    throw new ImgctlError(error.code, error.message, {
      ...error.circumstances,
      hint: `Deactivate it first, then delete it: ${commandLine({ verb: 'deactivate', image: id }, at)}`,
    });
  }
}

import type { Action } from '../../core/action.ts';
import { usageError } from '../../core/errors.ts';
import type { EngineContext } from '../context.ts';
import { maskedAction } from '../dry-run.ts';
import type { Change } from '../operations/change.ts';
import { own, rehearsed, type Account } from './account.ts';
import type { Account as EngineAccount } from '../account/account.ts';
import { engineOf, quiet, type Context } from './context.ts';

/**
 * A call that changes something at an account. `plan` gives what it would do, without changing anything; it throws what makes it
 * impossible, as far as that can be told.
 */
export interface ChangingCall<Input, Result> {
  (account: Account, input: Input, context: Context): Promise<Result>;
  plan(account: Account, input: Input, context: Context): Promise<readonly Action[]>;
}

/** What a change is prepared with; in a plan nothing can be changed through it. `open` gives the engine's side of another account. */
export interface Preparing {
  readonly at: EngineAccount;
  readonly engine: EngineContext;
  open(account: Account): Promise<EngineAccount>;
}

/** Makes a call of what prepares the change. */
export function changing<Input, Result>(
  prepare: (preparing: Preparing, input: Input) => Promise<Change<Result>>,
): ChangingCall<Input, Result> {
  const call = (account: Account, input: Input, context: Context): Promise<Result> => {
    const open = async (other: Account): Promise<EngineAccount> => own(other);
    return performed(context, async (engine) => prepare({ at: own(account), engine, open }, input));
  };
  const plan = (account: Account, input: Input, context: Context): Promise<readonly Action[]> =>
    planned(context, async (engine) => {
      const open = (other: Account): Promise<EngineAccount> => rehearsed(other, engine);
      return prepare({ at: await open(account), engine, open }, input);
    });
  return Object.assign(call, { plan });
}

/** Makes a change. Throws USAGE in a context in which nothing can be changed. */
export function performed<Result>(
  context: Context,
  prepare: (engine: EngineContext) => Promise<Change<Result>>,
): Promise<Result> {
  const engine = engineOf(context);
  return quiet(engine, async () => {
    if (engine.settings.dryRun)
      throw usageError('nothing can be changed in this context: it is for a dry run', {
        hint: 'Ask for the plan of the call, or use a context without dryRun.',
      });
    const change = await prepare(engine);
    return change.perform().finally(() => change.close?.());
  });
}

/** What a change would do, without secrets. */
export function planned(
  context: Context,
  prepare: (engine: EngineContext) => Promise<Change<unknown>>,
): Promise<readonly Action[]> {
  const engine = engineOf(context);
  return quiet(engine, async () => {
    // Nothing is lost by a plan: nobody is asked.
    const nobody = async (): Promise<void> => undefined;
    const change = await prepare({ ...engine, settings: { ...engine.settings, dryRun: true }, confirmLoss: nobody });
    const actions = await change.plan().finally(() => change.close?.());
    return actions.map((action) => maskedAction(action, engine.redactor));
  });
}

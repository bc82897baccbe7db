import type { Action } from '../../core/action.ts';
import { usageError } from '../../core/errors.ts';
import type { EngineContext } from '../context.ts';
import { maskedAction } from '../dry-run.ts';
import type { Change } from '../operations/change.ts';
import { own, rehearsed, type Account } from './account.ts';
import { inRunOf, type MadeCall } from './call-run.ts';
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

/** Looks at what a change takes, and gives the change. */
export type Preparation<Input, Result> = (preparing: Preparing, input: Input) => Promise<Change<Result>>;

/** Makes a call of what prepares the change. `name`: as it is exported. */
export function changing<Input extends object, Result>(
  name: string,
  prepare: Preparation<Input, Result>,
): ChangingCall<Input, Result> {
  const call = (account: Account, input: Input, context: Context): Promise<Result> =>
    performed(
      context,
      input,
      async (engine) => {
        const open = async (other: Account): Promise<EngineAccount> => own(other, engine.journal);
        return prepare({ at: own(account, engine.journal), engine, open }, input);
      },
      { name, account, input },
    );
  const plan = (account: Account, input: Input, context: Context): Promise<readonly Action[]> =>
    planned(context, input, async (engine) => {
      const open = (other: Account): Promise<EngineAccount> => rehearsed(other, engine);
      return prepare({ at: await open(account), engine, open }, input);
    });
  return Object.assign(call, { plan });
}

/**
 * Makes the change that an input asks for. Throws USAGE in a context in which nothing can be changed. `made`: the call, for the
 * journal; absent: no account is changed by it.
 */
export function performed<Result>(
  context: Context,
  input: object,
  prepare: (engine: EngineContext) => Promise<Change<Result>>,
  made?: MadeCall,
): Promise<Result> {
  const engine = engineOf(context);
  const perform = async (within: EngineContext): Promise<Result> => {
    const change = await prepare(within);
    return change.perform().finally(() => change.close?.());
  };
  const work = async (): Promise<Result> => {
    if (engine.settings.dryRun)
      throw usageError('nothing can be changed in this context: it is for a dry run', {
        hint: 'Ask for the plan of the call, or use a context without dryRun.',
      });
    return made ? inRunOf(made, context, perform) : perform(engine);
  };
  return quiet(engine, work, input);
}

/** What the change would do, without secrets. */
export function planned(
  context: Context,
  input: object,
  prepare: (engine: EngineContext) => Promise<Change<unknown>>,
): Promise<readonly Action[]> {
  const engine = engineOf(context);
  const work = async (): Promise<readonly Action[]> => {
    // Nothing is lost by a plan: nobody is asked.
    const nobody = async (): Promise<void> => undefined;
    const change = await prepare({ ...engine, settings: { ...engine.settings, dryRun: true }, confirmLoss: nobody });
    const actions = await change.plan().finally(() => change.close?.());
    return actions.map((action) => maskedAction(action, engine.redactor));
  };
  return quiet(engine, work, input);
}

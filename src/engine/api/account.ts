import type { Account as EngineAccount } from '../account/account.ts';
import { openAt } from '../account/open.ts';
import { onlyProfile } from '../account/registry.ts';
import type { EngineContext } from '../context.ts';
import type { LazyJournal } from '../journal/lazy-journal.ts';
import { engineOf, quiet, type Context } from './context.ts';

/** A profile that was opened: what calls work at. It is made by `openAccount`. */
export interface Account {
  readonly profile: string;
  readonly provider: string;
  /** The profile is marked as one in which nothing is to be lost by mistake. */
  readonly isProtected: boolean;
}

/** Opens a profile; absent: the current one. Nothing is sent yet. Throws CONFIG for one that there is not, or that lacks something. */
export async function openAccount(profile: string | undefined, context: Context): Promise<Account> {
  const engine = engineOf(context);
  return quiet(engine, () => openAt(profile ?? onlyProfile(engine.directory, []), [], engine));
}

/** The engine's side of an account: others' images that can be read are within reach of a name. */
export const readable = (account: Account): EngineAccount => account as EngineAccount;

/** The same for what changes something, which is written into that journal: a name means an image of one's own. */
export const own = (account: Account, journal?: LazyJournal): EngineAccount => ({
  ...readable(account).journaled(journal),
  reach: 'own',
});

/** Accounts opened once more, so that nothing can be changed through them. */
const rehearsals = new WeakMap<Account, Promise<EngineAccount>>();

/** The same account for a plan. `context` is that of the plan. */
export async function rehearsed(account: Account, context: EngineContext): Promise<EngineAccount> {
  const opened = rehearsals.get(account) ?? openAt(account.profile, [], context);
  rehearsals.set(account, opened);
  return own(await opened);
}

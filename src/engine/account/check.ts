import { operationNames } from '../../core/operation.ts';
import type { EngineContext } from '../context.ts';
import type { Account } from './account.ts';
import { originsOf } from './values.ts';

/** What signing in with a profile showed. */
export interface ProfileCheck {
  readonly profile: string;
  readonly provider: string;
  readonly who: string;
  readonly details: Readonly<Record<string, string>>;
  readonly verbs: readonly string[];
  /** Verbs that this deployment lacks, each with its reason. */
  readonly missing: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
  /** How long it took, ms. */
  readonly tookMs: number;
}

/** Signs in and asks who we are. Throws whatever the provider refuses. */
export async function checkProfile(at: Account<'list'>, context: EngineContext): Promise<ProfileCheck> {
  const call = context.call();
  const begun = Date.now();
  const identity = await at.probe(call);
  // Not every provider has a call that only says who we are: the first image of a list shows that the account is let in.
  for await (const _image of at.verb('list').run({ filters: {}, own: {}, scope: 'mine', hidden: false, limit: 1 }, call)) break;
  const missing = identity.missing as Readonly<Record<string, string>>;
  return {
    profile: at.profile,
    provider: at.provider,
    who: identity.who,
    details: identity.details,
    verbs: operationNames.filter((verb) => at.driver.facts[verb] && missing[verb] === undefined),
    missing,
    warnings: await plainSecrets(at, context),
    tookMs: Date.now() - begun,
  };
}

async function plainSecrets(at: Account<'list'>, context: EngineContext): Promise<readonly string[]> {
  const origins = await originsOf(context.directory.openable(at.profile), at.driver, context);
  return Object.entries(origins)
    .filter(([field, origin]) => at.driver.profile[field]?.secret && origin.from === 'profile' && origin.value.kind === 'literal')
    .map(([field]) => `${field} is stored as plain text. Keep it elsewhere with env:NAME, file:PATH or cmd:COMMAND.`);
}

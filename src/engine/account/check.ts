import { operationNames } from '../../core/operation.ts';
import type { At } from '../../cli/program/command.ts';
import type { Surface } from '../../cli/program/context.ts';
import { originsOf } from './open.ts';

/** What signing in with a profile showed. */
export interface Checked {
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
export async function checkProfile(at: At<'list'>, surface: Surface): Promise<Checked> {
  const call = surface.call();
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
    warnings: await plainSecrets(at, surface),
    tookMs: Date.now() - begun,
  };
}

async function plainSecrets(at: At<'list'>, surface: Surface): Promise<readonly string[]> {
  const origins = await originsOf(surface.directory.entry(at.profile), at.driver, surface);
  return Object.entries(origins)
    .filter(([field, origin]) => at.driver.profile[field]?.secret && origin.from === 'profile' && origin.value.kind === 'literal')
    .map(([field]) => `${field} is stored as plain text. Keep it elsewhere with env:NAME, file:PATH or cmd:COMMAND.`);
}

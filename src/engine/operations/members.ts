import { ImgctlError, partialError, usageError } from '../../core/errors.ts';
import { commandLine, nowhere } from '../../core/hint.ts';
import type { Member, ShareRequest } from '../../core/operation.ts';
import type { EngineContext } from '../context.ts';
import { ownerNamed } from '../account/owner.ts';
import type { Account } from '../account/account.ts';
import { naming } from './result.ts';

/** `open`: the account of a profile. */
export type MemberContext = Pick<EngineContext, 'call' | 'directory' | 'say' | 'report'> & {
  open(profile: string): Promise<Account>;
};

/**
 * The ids of those who are meant by `--with`: an id is one, who has access already is meant as it stands there, a profile stands
 * for whoever signs in with it, and a name for who is called that, where the provider tells. Throws USAGE for any other text, and
 * CONFLICT for a name of several, before anything is changed.
 */
export async function membersMeant(
  named: readonly string[],
  at: Account,
  now: readonly Member[],
  opening: MemberContext,
): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const who of named) ids.push(isId(who, at, now) ? who : await idOf(who, at, opening));
  return ids;
}

const isId = (who: string, at: Account, now: readonly Member[]): boolean =>
  at.verb('share').ids.test(who) || now.some((member) => member.with === who);

async function idOf(who: string, at: Account, opening: MemberContext): Promise<string> {
  const { call, directory, say } = opening;
  if (directory.has(who)) return idOfProfile(who, at, opening);
  const word = at.verb('share').with;
  const owner = await ownerNamed(at, who, call());
  if (!owner)
    throw usageError(`--with: "${who}" is no ${word} id, no profile, and the name of no ${word} that is known here`, {
      profile: at.profile,
      provider: at.provider,
      hint: `Use the id of the ${word}, which is told to its members by: ${commandLine({ verb: 'profile check' }, nowhere)}`,
    });
  say(`${who} is the ${word} ${owner.id}`);
  return owner.id;
}

async function idOfProfile(who: string, at: Account, { open, call, directory }: MemberContext): Promise<string> {
  const word = at.verb('share').with;
  const circumstances = {
    profile: at.profile,
    provider: at.provider,
    hint: `Use the id of the ${word}, which is told to its members by: ${commandLine({ verb: 'profile check' }, nowhere)}`,
  };
  if (directory.entry(who).provider !== at.provider)
    throw usageError(`--with: profile ${who} is of ${directory.entry(who).provider}, not of ${at.provider}`, circumstances);
  const [ours, theirs] = [await at.probe(call()), await (await open(who)).probe(call())];
  // Who does not say where it works could be anywhere.
  const { endpoint } = theirs.details;
  if (theirs.owner && endpoint !== undefined && ours.details.endpoint === endpoint) return theirs.owner.id;
  throw usageError(`--with: profile ${who} does not work at the same endpoint, or does not tell its ${word}`, circumstances);
}

/**
 * Does it for each, and gives the members as they are then; absent where nothing was done. Of several, one that fails is reported, the
 * others go on, and the command ends with PARTIAL.
 */
export async function forEachMember(
  requests: readonly ShareRequest[],
  act: (request: ShareRequest) => Promise<readonly Member[]>,
  context: Pick<EngineContext, 'report'>,
): Promise<readonly Member[] | undefined> {
  const [only, ...others] = requests;
  if (only !== undefined && others.length === 0) return act(only);
  let members: readonly Member[] | undefined;
  let failed = 0;
  for (const request of requests) {
    try {
      members = await act(request);
    } catch (error) {
      if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
      failed += 1;
      await context.report(naming(request.with ?? '', error));
    }
  }
  if (failed > 0) await context.report(partialError(`${failed} of ${requests.length} failed`));
  return members;
}

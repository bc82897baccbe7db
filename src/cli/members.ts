import { usageError } from '../core/errors.ts';
import type { Member } from '../core/operation.ts';
import type { At } from './command.ts';
import type { Context } from './context.ts';

type Opening = Pick<Context<{ at: readonly 'share'[] }>, 'at' | 'call' | 'directory'>;

/**
 * The ids of those who are meant by `--with`: an id is one, who has access already is meant as it stands there, and a profile
 * stands for whoever signs in with it. Throws USAGE for any other text, before anything is changed.
 */
export async function membersMeant(
  named: readonly string[],
  at: At,
  now: readonly Member[],
  opening: Opening,
): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const who of named) ids.push(isId(who, at, now) ? who : await idOfProfile(who, at, opening));
  return ids;
}

const isId = (who: string, at: At, now: readonly Member[]): boolean =>
  at.verb('share').ids.test(who) || now.some((member) => member.with === who);

async function idOfProfile(who: string, at: At, { at: open, call, directory }: Opening): Promise<string> {
  const word = at.verb('share').with;
  const circumstances = {
    profile: at.profile,
    provider: at.provider,
    hint: `Use the id of the ${word}, which is told to its members by: imgctl profile check`,
  };
  if (!directory.has(who)) throw usageError(`--with: "${who}" is neither the id of a ${word} nor a profile`, circumstances);
  if (directory.entry(who).provider !== at.provider)
    throw usageError(`--with: profile ${who} is of ${directory.entry(who).provider}, not of ${at.provider}`, circumstances);
  const [ours, theirs] = [await at.probe(call()), await (await open('at', who)).probe(call())];
  // Who does not say where it works could be anywhere.
  const { endpoint } = theirs.details;
  if (theirs.owner && endpoint !== undefined && ours.details.endpoint === endpoint) return theirs.owner.id;
  throw usageError(`--with: profile ${who} does not work at the same endpoint, or does not tell its ${word}`, circumstances);
}

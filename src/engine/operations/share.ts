import type { Action } from '../../core/action.ts';
import { notFoundError } from '../../core/errors.ts';
import { isNoSuchImage } from '../../core/answer-error.ts';
import { commandLine } from '../../core/hint.ts';
import type { Member, ShareRequest } from '../../core/operation.ts';
import type { Account } from '../account/account.ts';
import type { Target } from '../images/target.ts';
import type { Change } from './change.ts';
import { forEachMember, membersMeant, type MemberContext } from './members.ts';

/** Whom an image is shared with, in words: ids, names, or profiles. */
export interface ShareWishes {
  readonly with: readonly string[];
  /** The answer of the receiving side to an offer; absent: access is given. */
  readonly answer?: 'accept' | 'reject' | 'pending' | undefined;
}

/** Who has access to an image. */
export const members = ({ at, id, call }: Target<'share'>): Promise<readonly Member[]> =>
  at.verb('share').run({ id, action: 'list' }, call);

/** Gives access to an image, or answers an offer of it. It gives who has access then; absent where nothing was done. */
export function sharing(
  target: Target<'share'>,
  { with: named, answer }: ShareWishes,
  context: MemberContext,
): Change<readonly Member[] | undefined> {
  const { at, id, call } = target;
  const verb = at.verb('share');
  const requests = async (): Promise<readonly Asked[]> => {
    if (named.length === 0) return answer ? [{ id, action: answer }] : [];
    const ids = await membersMeant(named, at as Account, [], context);
    if (answer) return ids.map((who) => ({ id, action: answer, with: who }));
    const there = await members(target);
    return ids.flatMap((who) => (there.some((member) => member.with === who) ? [] : [{ id, action: 'add', with: who }]));
  };
  return {
    plan: async () => (named.length === 0 && !answer ? [] : planned('share', target, await requests())),
    async perform() {
      const asked = await requests();
      if (asked.length === 0 && named.length > 0) return members(target);
      const now = await forEachMember(asked, (request) => verb.run(request, call), context);
      const offered = asked.filter(({ action }) => action === 'add').map((one) => one.with);
      if (now?.some(({ with: who, state }) => state === 'pending' && offered.includes(who)))
        context.say(
          `The other ${verb.with} accepts with: ${commandLine({ verb: 'share', image: id, options: { accept: true } }, { region: target.at.region })}`,
        );
      return now;
    },
  };
}

/** Takes access away. `ignoreMissing`: who has none is no failure. */
export function unsharing(
  target: Target<'share'>,
  { with: named, ignoreMissing = false }: Pick<ShareWishes, 'with'> & { readonly ignoreMissing?: boolean | undefined },
  context: MemberContext,
): Change<readonly Member[] | undefined> {
  const { at, id, call } = target;
  const verb = at.verb('share');
  const requests = async (): Promise<readonly Asked[]> => {
    const isKnown = named.every((who) => verb.ids.test(who));
    const ids = await membersMeant(named, at as Account, isKnown ? [] : await members(target), context);
    return ids.map((who) => ({ id, action: 'remove', with: who }));
  };
  const remove = async (request: Asked): Promise<readonly Member[]> => {
    try {
      return await verb.run(request, call);
    } catch (error) {
      if (ignoreMissing && isNoSuchImage(error)) return members(target);
      throw error;
    }
  };
  return {
    async plan() {
      const there = await members(target);
      const asked = await requests();
      const absent = asked.find(({ with: who }) => !there.some((member) => member.with === who));
      if (absent && !ignoreMissing) throw notFoundError(`${absent.with} has no access to image ${id}`);
      return planned(
        'unshare',
        target,
        asked.filter(({ with: who }) => there.some((member) => member.with === who)),
      );
    },
    perform: async () => forEachMember(await requests(), remove, context),
  };
}

/** What would be sent, one by one; where all is so already, that there is nothing to send. */
async function planned(verb: string, { at, id, call }: Target<'share'>, requests: readonly Asked[]): Promise<readonly Action[]> {
  const { profile, provider } = at;
  if (requests.length === 0) return [{ verb, profile, provider, image: id, risk: 'reuse', steps: ['nothing to change'] }];
  return Promise.all(requests.map((request) => at.preview('share', request, call)));
}

type Asked = ShareRequest;

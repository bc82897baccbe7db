import { isNoSuchImage, usageError } from '../../core/errors.ts';
import { shellWord } from '../../core/hint.ts';
import type { Member, ShareRequest } from '../../core/operation.ts';
import { memberView } from '../../ui/views/member.ts';
import { defineCommand } from '../program/command.ts';
import type { Context } from '../program/context.ts';
import { many } from '../program/outcome.ts';
import { missingOptions } from '../batch/each-image.ts';
import { forEachMember, membersMeant } from '../../engine/operations/members.ts';
import { target, toldOf } from '../options/targets.ts';
import type { Account } from '../../engine/account/account.ts';

const withOption = {
  kind: 'names',
  value: 'project,…',
  summary: 'project, by id, name or a profile of it (repeatable)',
} as const;

export const share = defineCommand({
  args: { image: { takes: 'required', summary: 'image to share', completes: 'image' } },
  options: {
    with: { ...withOption, summary: `${withOption.summary}; with an answer: whose, for administrators` },
    accept: { kind: 'flag', summary: 'accept a shared image' },
    reject: { kind: 'flag', summary: 'reject a shared image' },
    pending: { kind: 'flag', summary: 'set it back to pending' },
  },
  draws: () => memberView,
  needs: { at: ['share'] },
  examples: [
    { does: 'give a project access', type: 'imgctl share pcd:golden --with 2f3c5d1e9b8a4c702f3c5d1e9b8a4c70' },
    { does: 'accept on the receiving side', type: 'imgctl share other:3fb1c2de-8a4b-4c5d-9e6f-001122334455 --accept' },
    {
      does: 'accept for another project, as an administrator',
      type: 'imgctl share pcd:golden --accept --with 2f3c5d1e9b8a4c702f3c5d1e9b8a4c70',
    },
    { does: 'who has access', type: 'imgctl share pcd:golden -o json' },
  ],
  async run(input, context) {
    const answers = (['accept', 'reject', 'pending'] as const).filter((answer) => input[answer]);
    if (answers.length > 1) throw usageError('--accept, --reject and --pending cannot be combined');
    // To look who has it, and to answer an offer, it need not be one's own.
    const isOwn = answers.length === 0 && input.with.length > 0;
    const found = await target(input.image, context, isOwn ? {} : { reach: 'readable' });
    const { at, id, call } = found;
    const verb = at.verb('share');
    const act = (request: Omit<ShareRequest, 'id'>): Promise<readonly Member[]> =>
      toldOf(found, () => verb.run({ id, ...request }, call));
    const [answer] = answers;
    if (input.with.length === 0) return many(memberView, await act({ action: answer ?? 'list' }));
    const members = await membersMeant(input.with, at as Account, [], opening(context));
    const now = await forEachMember(members, (who) => act({ action: answer ?? 'add', with: who }), context);
    if (!now) return undefined;
    if (!answer) context.say(`The other ${verb.with} accepts with: imgctl share ${id} --accept`);
    return many(memberView, now);
  },
});

export const unshare = defineCommand({
  args: { image: { takes: 'required', summary: 'image', completes: 'image' } },
  options: { with: withOption, ...missingOptions },
  draws: () => memberView,
  needs: { at: ['share'] },
  examples: [
    { does: 'remove access', type: 'imgctl unshare pcd:golden --with 2f3c5d1e9b8a4c702f3c5d1e9b8a4c70' },
    {
      does: 'from two projects',
      type: 'imgctl unshare pcd:golden --with 2f3c5d1e9b8a4c702f3c5d1e9b8a4c70,77aa88bb99cc00dd77aa88bb99cc00dd',
    },
  ],
  async run(input, context) {
    if (input.with.length === 0)
      throw usageError('--with PROJECT is required', {
        hint: `List who has access with: imgctl share ${shellWord(input.image)}`,
      });
    const unlessMissing = async <T, U>(work: Promise<T>, missing: () => Promise<U>): Promise<T | U> =>
      work.catch((error: unknown) => {
        if (input.ignoreMissing && isNoSuchImage(error)) return missing();
        throw error;
      });
    const found = await unlessMissing(target(input.image, context), async () => undefined);
    if (!found) return many(memberView, []);
    const { at, id, call } = found;
    const verb = at.verb('share');
    const list = (): Promise<readonly Member[]> => verb.run({ id, action: 'list' }, call);
    const isKnown = input.with.every((who) => verb.ids.test(who));
    const members = await membersMeant(input.with, at as Account, isKnown ? [] : await list(), opening(context));
    const remove = (who: string) => unlessMissing(verb.run({ id, action: 'remove', with: who }, call), list);
    const now = await toldOf(found, () => forEachMember(members, remove, context));
    return now && many(memberView, now);
  },
});

/** The context, by which the account of a profile is opened. */
const opening = (context: Context<{ at: readonly 'share'[] }>) => ({
  ...context,
  open: (profile: string) => context.at('at', profile) as Promise<Account>,
});

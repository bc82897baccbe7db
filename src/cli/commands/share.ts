import { usageError } from '../../core/errors.ts';
import { isNoSuchImage } from '../../core/answer-error.ts';
import { commandLine, nowhere } from '../../core/hint.ts';
import type { Account } from '../../engine/account/account.ts';
import { describing } from '../../engine/images/target.ts';
import { members, sharing, unsharing } from '../../engine/operations/share.ts';
import { memberView } from '../../ui/views/member.ts';
import { missingOptions } from '../batch/each-image.ts';
import { target } from '../options/targets.ts';
import { carriedOut } from '../program/plan.ts';
import { defineCommand } from '../program/command.ts';
import type { Context } from '../program/context.ts';
import { many } from '../program/outcome.ts';
import { whereTyped } from '../program/where-typed.ts';

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
    const [answer] = answers;
    if (input.with.length === 0 && !answer) return many(memberView, await members(found));
    const change = sharing(found, { with: input.with, answer }, opening(context));
    return carriedOut(describing(found, change), context, (now) => now && many(memberView, now));
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
        hint: `List who has access with: ${commandLine({ verb: 'share', args: [input.image], options: whereTyped(context.settings) }, nowhere)}`,
      });
    const found = await target(input.image, context).catch((error: unknown) => {
      if (!input.ignoreMissing || !isNoSuchImage(error)) throw error;
      return undefined;
    });
    if (!found) return many(memberView, []);
    const change = unsharing(found, input, opening(context));
    return carriedOut(describing(found, change), context, (now) => now && many(memberView, now));
  },
});

/** The context, by which the account of a profile is opened. */
const opening = (context: Context<{ at: readonly 'share'[] }>) => ({
  ...context,
  open: (profile: string) => context.at('at', profile) as Promise<Account>,
});

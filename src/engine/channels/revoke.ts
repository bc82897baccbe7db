import { channelIn, channelText, reasonText } from '../../core/channel.ts';
import type { ChannelChangeRow } from '../../core/channel-row.ts';
import { ImgctlError, notFoundError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import { markChanges, marksOf } from '../../core/marks.ts';
import type { Call, Changes } from '../../core/operation.ts';
import type { Account } from '../account/account.ts';
import type { EngineContext } from '../context.ts';
import type { Run } from '../journal/run-state.ts';
import { stateChange } from '../operations/state.ts';
import type { WaitWishes } from '../operations/settle.ts';
import { brokenOffMove, finish } from './broken-off.ts';
import { inEach, openedIn, rowsOfEach, type Where } from './each.ts';
import { ownState } from './look.ts';
import { requireChannels, silenced } from './move.ts';
import { project } from './project.ts';
import { withContentOf } from './same-content.ts';
import { moved } from './set.ts';
import { before, channelsTo, restoring } from './state.ts';

export interface RevokeWishes extends WaitWishes {
  readonly reason: string;
  readonly by?: string | undefined;
}

/** An image that is revoked, and the word that was typed for it. */
export interface Revoked {
  readonly at: Account;
  readonly image: Image;
  readonly typed: string;
}

/**
 * Takes what an image holds out of use in every profile: each image with that content is marked with the reason, and deactivated where the
 * provider can, else hidden where it can. A channel that points to one goes back to what was before; where that is nothing it
 * points to it still, and is refused to whoever asks. A row for each image. Asks first.
 */
export async function revoke(
  meant: Revoked,
  where: Where,
  wishes: RevokeWishes,
  context: EngineContext,
): Promise<readonly ChannelChangeRow[]> {
  const { image, brokenOff } = await goneOnWith(meant, context);
  if (brokenOff) context.warn(`run ${brokenOff.run.id}, which was broken off, is finished: it has revoked ${image.id}`);
  const rows = await revokeContent(await meant.at.memory.recall(image), where, wishes, context);
  finish(brokenOff ? [brokenOff] : [], rows, context);
  return rows;
}

/**
 * What is meant by a channel once a run was broken off that has revoked its target: that, and not what the channel has gone back to. Throws NOT_FOUND
 * where that is gone.
 */
async function goneOnWith(
  { at, image, typed }: Revoked,
  context: EngineContext,
): Promise<{ readonly image: Image; readonly brokenOff?: Run }> {
  const channel = image.name === typed ? undefined : channelIn(typed);
  const state = channel && (await ownState(at, channel, context.call()));
  const brokenOff = state && brokenOffMove(at, state, 'revoke', context);
  if (!brokenOff) return { image };
  const reason = state.target?.stints[0]?.reason;
  const was = state.history.find((one) => reason === reasonOf(one.image));
  if (was) return { image: was.image, brokenOff };
  throw notFoundError(`what run ${brokenOff.run.id} has revoked is gone; ${typed} is ${image.id} now`, {
    hint: 'Use its id to revoke that.',
  });
}

/** Why a channel has gone back. */
const reasonOf = ({ id }: Image): string => reasonText(`revoked ${id}`);

async function revokeContent(
  source: Image,
  where: Where,
  wishes: RevokeWishes,
  context: EngineContext,
): Promise<readonly ChannelChangeRow[]> {
  const looked = await inEach(
    where,
    async (at, call) => {
      requireChannels(at);
      const images = await withContentOf(source, at, call);
      if (images.length === 0) throw notFoundError(`no image in ${at.profile} has the content of ${source.name || source.id}`);
      return { at, images };
    },
    context,
  );
  for (const { answer } of looked)
    if (!(answer instanceof ImgctlError) && answer.images.some((image) => marksOf(image).revoked === undefined))
      await context.confirmLoss(
        { verb: 'Revoke', count: answer.images.length, images: async () => answer.images, missedByUsers: true },
        answer.at,
      );
  const agreed: EngineContext = { ...context, confirmLoss: async () => undefined };
  return rowsOfEach(
    undefined,
    { ...where, profiles: openedIn(looked) },
    async (at, call) => {
      const answer = looked.find(({ profile }) => profile === at.profile)?.answer;
      const images = !answer || answer instanceof ImgctlError ? [] : answer.images;
      const rows: ChannelChangeRow[] = [];
      for (const image of images) rows.push(...(await revoked(at, image, images, wishes, call, agreed)));
      return rows;
    },
    context,
  );
}

/** Channels first: nobody gets by one what is out of use, as long as there is anything else. */
async function revoked(
  at: Account,
  image: Image,
  same: readonly Image[],
  wishes: RevokeWishes,
  call: Call,
  context: EngineContext,
): Promise<readonly ChannelChangeRow[]> {
  const { id, name } = image;
  const { dryRun } = context.settings;
  const result = dryRun ? 'planned' : 'ok';
  const { by } = wishes;
  const rows: ChannelChangeRow[] = [];
  for (const channel of channelsTo(image)) {
    const state = await ownState(at, channel, call);
    const entry = state.target?.image.id === id ? before(state, (one) => same.some((other) => other.id === one.id)) : undefined;
    if (entry) {
      const move = { channel, image: entry.image, by, reason: reasonOf(image), restores: restoring(entry), now: context.now() };
      rows.push(await moved(at, state, move, call, context));
    } else if (state.target?.image.id === id) {
      if (!dryRun) await project(at, channel, undefined, call);
      rows.push({
        channel: channelText(channel),
        profile: at.profile,
        id,
        name,
        result,
        message: 'nothing to go back to: it is refused',
      });
    }
    // A run that was killed has moved it, and not told this one so.
    else if (!dryRun) await silenced(at, channel, undefined, call);
  }
  if (!dryRun) await takenOut(at, id, reasonText(wishes.reason), { wishes, call, context });
  return [...rows, { profile: at.profile, id, name, result, message: `revoked, and ${howFar(at)}` }];
}

const canDeactivate = (at: Account): boolean => at.maybe('deactivate') !== undefined;
const canHide = (at: Account): boolean => at.maybe('patch')?.fields.includes('hidden') === true;
const howFar = (at: Account): string =>
  canDeactivate(at) ? 'deactivated' : canHide(at) ? 'hidden' : 'not blocked: this provider cannot';

interface Doing {
  readonly wishes: WaitWishes;
  readonly call: Call;
  readonly context: EngineContext;
}

/** Marked first: from then on no channel gives it to anybody. */
async function takenOut(at: Account, id: string, reason: string, { wishes, call, context }: Doing): Promise<void> {
  const basis = await at.verb('show').run({ id }, call);
  const hides = !canDeactivate(at) && canHide(at) && basis.hidden !== true;
  const changes: Changes = { ...markChanges(basis, { revoked: reason }), ...(hides ? { hidden: true } : {}) };
  const now = Object.keys(changes).length > 0 ? await at.verb('patch').run({ id, changes, basis, extras: {} }, call) : basis;
  if (!canDeactivate(at) || now.status !== 'active') return;
  await stateChange('deactivate', { at, id, text: now.name || id, call }, wishes, context).perform();
}

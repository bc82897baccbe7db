import type { Image } from '../../core/image.ts';
import type { Changes, Member, OperationName } from '../../core/operation.ts';
import type { Account as EngineAccount } from '../account/account.ts';
import type { EngineContext } from '../context.ts';
import type { Target } from '../images/target.ts';
import type { Change } from '../operations/change.ts';
import { creation } from '../operations/create.ts';
import { deletion } from '../operations/delete.ts';
import type { MemberContext } from '../operations/members.ts';
import { describable, removable } from '../operations/fields.ts';
import { recordChange } from '../operations/patch.ts';
import { placesGoing, replication, type Places } from '../operations/replicate.ts';
import { sharing, unsharing, type ShareWishes } from '../operations/share.ts';
import { stateChange, type StateVerb } from '../operations/state.ts';
import { openAt } from '../account/open.ts';
import { changing, type ChangingCall, type Preparation, type Preparing } from './change.ts';
import type { Labels } from './data.ts';
import { found, type ImageInput } from './images.ts';
import { waitLimits, type WaitOptions } from './wait-options.ts';

export interface CreateInput extends WaitOptions {
  readonly name?: string | undefined;
  readonly labels?: Labels | undefined;
  readonly id?: string | undefined;
  /** Id of a server's disk to make the image from; absent: a record without data. */
  readonly fromDisk?: string | undefined;
  /** Fields that only this provider has. */
  readonly set?: Readonly<Record<string, string>> | undefined;
}

export interface PatchInput extends ImageInput {
  readonly changes: Changes;
  /** Fields that only this provider has. */
  readonly set?: Readonly<Record<string, string>> | undefined;
}

export interface ImageChangeInput extends ImageInput, WaitOptions {}

/** Places that an image is to be in besides, or no longer; or exactly those that it is to be in. */
export interface ReplicateInput extends ImageChangeInput, Partial<Places> {}

export interface ShareInput extends ImageInput, ShareWishes {}

export interface UnshareInput extends ImageInput {
  readonly with: readonly string[];
  /** Who has no access is no failure. */
  readonly ignoreMissing?: boolean | undefined;
}

/** The image that is meant, ready for a verb. */
async function targetOf(
  { at, engine }: Preparing,
  input: ImageInput,
): Promise<Target<OperationName> & { readonly image: Image }> {
  const { call, image } = await found(at, input, engine);
  return { at, id: image.id, text: input.image, call, found: { image, isShown: true }, image };
}

/** The same change, made only once whoever is asked agrees to what is lost by it. */
function askingFirst<Result>(
  change: Change<Result>,
  loss: { readonly verb: string; readonly image: Image },
  { at, engine }: Preparing,
): Change<Result> {
  return {
    ...change,
    async perform() {
      const missedByUsers = loss.verb === 'Delete';
      await engine.confirmLoss({ verb: loss.verb, count: 1, images: async () => [loss.image], missedByUsers }, at);
      return change.perform();
    },
  };
}

/** Makes a record, without data or from a server's disk. */
export const create: ChangingCall<CreateInput, Image> = changing('create', async ({ at, engine }, input) => {
  const { name = '', labels = {}, set = {}, ...given } = input;
  return creation(at, { ...given, ...waitLimits(input), name, description: describable(labels), set }, engine);
});

/** Changes a record. */
export const patch: ChangingCall<PatchInput, Image> = changing('patch', async (preparing, { changes, set = {}, ...input }) => {
  removable(describable(changes).removeProperties ?? []);
  return recordChange(await targetOf(preparing, input), { changes, set }, preparing.engine);
});

const stateCall = (verb: StateVerb): ChangingCall<ImageChangeInput, Image> =>
  changing(verb, async (preparing, input) =>
    stateChange(verb, await targetOf(preparing, input), { wait: input.wait, ...waitLimits(input) }, preparing.engine),
  );

/** Takes an image out of use; its data stays. */
export const deactivate = stateCall('deactivate');
/** Puts an image that was deactivated back into use. */
export const reactivate = stateCall('reactivate');
/** Takes back a deletion, where the provider keeps what was deleted. */
export const restore = stateCall('restore');

/** Deletes an image, once `confirm` of the context agrees. */
export const remove: ChangingCall<ImageChangeInput, undefined> = changing('remove', async (preparing, input) => {
  const target = await targetOf(preparing, input);
  const change = deletion(target, { wait: input.wait, ...waitLimits(input) }, preparing.engine);
  return askingFirst(change, { verb: 'Delete', image: target.image }, preparing);
});

/** Brings an image to other places; where a copy goes by it, `confirm` of the context is asked. */
export const replicateChange: Preparation<ReplicateInput, Image> = async (preparing, input) => {
  const { add = [], remove: away = [], exactly } = input;
  const target = await targetOf(preparing, input);
  const places = { add, remove: away, exactly };
  const limits = { wait: input.wait, ...waitLimits(input) };
  const change = replication(target, places, () => target.image, limits, preparing.engine);
  if (placesGoing(target.image, places).length === 0) return change;
  return askingFirst(change, { verb: 'Remove', image: target.image }, preparing);
};
export const replicate: ChangingCall<ReplicateInput, Image> = changing('replicate', replicateChange);

/** Gives access to an image, or answers an offer of one. It gives who has access then. */
export const share: ChangingCall<ShareInput, readonly Member[] | undefined> = changing('share', async (preparing, input) => {
  const { with: named, answer, ...image } = input;
  // An offer that is answered is another's image.
  const at: EngineAccount = answer ? { ...preparing.at, reach: 'readable' } : preparing.at;
  const target = await targetOf({ ...preparing, at }, image);
  return sharing(target, { with: named, answer }, opening(preparing.engine));
});

/** Takes access away. It gives who has access then. */
export const unshare: ChangingCall<UnshareInput, readonly Member[] | undefined> = changing(
  'unshare',
  async (preparing, input) => {
    const { with: named, ignoreMissing, ...image } = input;
    return unsharing(await targetOf(preparing, image), { with: named, ignoreMissing }, opening(preparing.engine));
  },
);

const opening = (engine: EngineContext): MemberContext => ({ ...engine, open: (profile) => openAt(profile, [], engine) });

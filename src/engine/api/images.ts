import { given, type Image } from '../../core/image.ts';
import { providerError } from '../../core/errors.ts';
import type { Call, Filters, ImageUses, Member, Place, SortKey } from '../../core/operation.ts';
import type { Account as EngineAccount } from '../account/account.ts';
import type { EngineContext } from '../context.ts';
import { checkProfile, type ProfileCheck } from '../account/check.ts';
import { listing, listingAt } from '../images/list.ts';
import { findImage, matchingImage, shownImage, type FoundImage } from '../images/resolve.ts';
import { begunByRuns } from '../journal/begun-by-runs.ts';
import { waitFor, type Goal } from '../operations/wait.ts';
import { isGlob } from '../../core/glob.ts';
import { readable, type Account } from './account.ts';
import { engineOf, quiet, maskedFailure, type Context } from './context.ts';
import { waitLimits, type WaitOptions } from './wait-options.ts';

/** An image of an account. */
export interface ImageInput {
  /** Its id or exact name. */
  readonly image: string;
  /** Which of several of one name; absent: that is a CONFLICT. */
  readonly pick?: 'latest' | 'oldest' | undefined;
}

/** Which images are wanted, and in which order. */
export interface ListInput {
  readonly filters?: Filters | undefined;
  /** The provider's own filters. */
  readonly own?: Readonly<Record<string, string>> | undefined;
  /** `own`: the account's; `mine`: those, and what is shared with it (default); `all`: public ones too. */
  readonly scope?: 'own' | 'mine' | 'all' | undefined;
  /** Hidden ones too. */
  readonly hidden?: boolean | undefined;
  readonly sort?: readonly SortKey[] | undefined;
  readonly limit?: number | undefined;
  /** Id of the image to begin behind. */
  readonly after?: string | undefined;
}

/** What is waited for, and how long. */
export interface WaitInput extends ImageInput, Omit<WaitOptions, 'wait'> {
  /** Absent: until the image is active. */
  readonly until?: Goal | undefined;
}

/** The images of an account, as they come. Ends when whoever reads them stops. */
export async function* list(account: Account, input: ListInput, context: Context): AsyncGenerator<Image, void, undefined> {
  const engine = engineOf(context);
  const at = readable(account);
  const { filters = {}, own = {}, scope = 'mine', hidden = false, sort = [], limit, after } = input;
  const wanted = { filters, own: Object.entries(own), scope, hidden, sort, ...given({ limit, after }) };
  const call = engine.call();
  try {
    yield* listing(at, await listingAt(at, wanted, call), call);
  } catch (error) {
    throw maskedFailure(error, engine);
  }
}

/** An image as the provider shows it. */
export const show = (account: Account, input: ImageInput, context: Context): Promise<Image> =>
  finding(account, input, context, async (at, found, call) => shownImage(at, found, call));

/** The image that a name, a glob or an id means. */
export async function resolve(account: Account, input: ImageInput, context: Context): Promise<Image> {
  if (!isGlob(input.image)) return show(account, input, context);
  const engine = engineOf(context);
  const [at, call] = [readable(account), engine.call()];
  return quiet(engine, async () => shownImage(at, await matchingImage(at, input.image, { pick: input.pick }, call), call));
}

/** Waits for an image, and for the job on it that the journal knows of; absent when it is gone. Throws WAIT_TIMEOUT when time is up, PROVIDER where it has failed. */
export const wait = (account: Account, input: WaitInput, context: Context): Promise<Image | undefined> =>
  finding(account, input, context, async (at, { image }, call) => {
    const { until = { status: ['active'] } } = input;
    const task = engineOf(context).task(`wait for ${input.image}`);
    const known = begunByRuns(at, image.id, engineOf(context));
    const reached = await waitFor(at, image.id, until, { limits: waitLimits(input), call, task, ...known });
    task.done();
    return reached;
  });

/** Who has access to an image. */
export const members = (account: Account, input: ImageInput, context: Context): Promise<readonly Member[]> =>
  finding(account, input, context, async (at, { image }, call) => at.verb('share').run({ id: image.id, action: 'list' }, call));

/** What uses an image, and what of that could not be asked: it counts as used. */
export const uses = (account: Account, { image, pick }: ImageInput, context: Context): Promise<ImageUses> =>
  quiet(engineOf(context), async () => {
    const [at, call] = [readable(account), engineOf(context).call()];
    const verb = at.verb('uses');
    const { image: asked } = await findImage(at, image, { pick }, call);
    const [found] = await verb.run({ images: [asked] }, call);
    if (!found) throw providerError(`${at.provider} has not said what uses image ${asked.id}`);
    return found;
  });

/** The places in which images of an account can lie. */
export const places = (account: Account, context: Context): Promise<readonly Place[]> =>
  quiet(engineOf(context), async () => readable(account).verb('places').run({}, engineOf(context).call()));

/** Signs in, and says as whom. Throws AUTH where that is refused. */
export const check = (account: Account, context: Context): Promise<ProfileCheck> =>
  quiet(engineOf(context), () => checkProfile(readable(account), engineOf(context)));

/** The image that is meant, as the provider shows it. */
export async function found(
  at: EngineAccount,
  { image, pick }: ImageInput,
  engine: EngineContext,
): Promise<{ readonly image: Image; readonly call: Call }> {
  const call = engine.call();
  return { image: await shownImage(at, await findImage(at, image, { pick }, call), call), call };
}

function finding<T>(
  account: Account,
  { image, pick }: ImageInput,
  context: Context,
  work: (at: EngineAccount, found: FoundImage, call: Call) => Promise<T>,
): Promise<T> {
  const engine = engineOf(context);
  return quiet(engine, async () => {
    const [at, call] = [readable(account), engine.call()];
    return work(at, await findImage(at, image, { pick }, call), call);
  });
}

import { conflictError, ImgctlError } from '../../core/errors.ts';
import { isNoSuchImage } from '../../core/answer-error.ts';
import { commandLine } from '../../core/hint.ts';
import type { Image } from '../../core/image.ts';
import type { Job } from '../../core/job.ts';
import type { Call } from '../../core/operation.ts';
import type { Account } from '../account/account.ts';
import { openAt } from '../account/open.ts';
import type { EngineContext } from '../context.ts';
import { imagesNamed } from '../images/resolve.ts';
import { toldBy, withJobBehind } from '../images/told.ts';
import type { ActionEntry } from './entry.ts';
import { clockMs, fitsRun } from './fits-run.ts';
import { isAtRest, type Left } from './run-state.ts';

/**
 * What there is now of something that a run has left. `unfinished`: as the run made it. `whole`: its data is there, so it may be in
 * use. `likely`: whole, and under the id that the run had chosen, but whether it is the run's nobody can prove. `earlier`: it was there before the run. `places`: copies that the run has begun. `parts`: of a disk, and no image. `candidates`: the run may have made one of
 * these. `unknown`: nobody can say.
 */
export type LeftImage = { readonly left: Left } & (
  | { readonly is: 'gone' }
  | { readonly is: 'unfinished' | 'whole' | 'likely' | 'earlier'; readonly at: Account; readonly image: Image }
  | { readonly is: 'places'; readonly at: Account; readonly image: Image; readonly places: readonly string[] }
  | { readonly is: 'parts'; readonly at: Account; readonly ref: string }
  | { readonly is: 'candidates'; readonly at: Account; readonly images: readonly Image[] }
  | { readonly is: 'unknown'; readonly reason: ImgctlError }
);

/** An image at its account. */
export interface LeftAt {
  readonly at: Account;
  readonly image: Image;
}

/** Looks at everything that a run has left, at its providers. Never throws but ABORTED: what cannot be looked at is unknown. */
export async function findLeft(left: readonly Left[], context: EngineContext): Promise<readonly LeftImage[]> {
  const opened = new Map<string, Promise<Account>>();
  const open = (action: ActionEntry): Promise<Account> => {
    const key = JSON.stringify([action.profile, action.region]);
    const account = opened.get(key) ?? accountOf(action, context);
    opened.set(key, account);
    return account;
  };
  return Promise.all(
    left.map(async (one) => {
      try {
        return { left: one, ...(await lookAt(one, await open(one.action), context.call())) };
      } catch (error) {
        if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
        return { left: one, is: 'unknown', reason: error } as const;
      }
    }),
  );
}

/** The account of an action. Throws CONFLICT where its profile leads to another one by now. */
export async function accountOf(action: ActionEntry, context: EngineContext): Promise<Account> {
  const { profile, provider, region } = action;
  const at = await openAt(profile, ['show', 'list'], { ...context, settings: { ...context.settings, region } });
  if (at.provider === provider && at.key === action.account) return at;
  throw conflictError(`profile ${profile} was changed since that run: it may lead to another account`, {
    hint: `Look at it with: ${commandLine({ verb: 'profile show' }, { profile })}`,
  });
}

type Look = LeftImage extends infer F ? (F extends LeftImage ? Omit<F, 'left'> : never) : never;

async function lookAt(left: Left, at: Account, call: Call): Promise<Look> {
  const { action, id } = left;
  const image = id === undefined ? undefined : await shown(at, id, left.job, call);
  if (!image || image.status === 'deleted') {
    const made =
      id === undefined || left.intendedUntilMs !== undefined ? await candidatesFor(action, at, call) : { is: 'gone' as const };
    return made.is === 'gone' && left.ref !== undefined ? { is: 'parts', at, ref: left.ref } : made;
  }
  if (left.places) {
    const there = image.places.filter(({ name, status }) => left.places?.includes(name) && status !== 'deleting');
    return there.length === 0 ? { is: 'gone' } : { is: 'places', at, image, places: there.map(({ name }) => name) };
  }
  if (action.image !== undefined) return { is: 'earlier', at, image };
  if (left.intendedUntilMs !== undefined && !fitsRun(image, action, left.intendedUntilMs))
    return { is: 'candidates', at, images: [image] };
  if (!isAtRest(image.status, action.verb)) return { is: 'unfinished', at, image };
  return { is: left.intendedUntilMs === undefined ? 'whole' : 'likely', at, image };
}

/** The image, with what the job tells that the run has begun on it; else with that of others. */
async function shown(at: Account, id: string, job: Job | undefined, call: Call): Promise<Image | undefined> {
  try {
    const image = await at.verb('show').run({ id }, call);
    if (job?.image !== id) return await withJobBehind(at, image, call);
    const state = await at.look(job, call);
    return toldBy(state, state.image ?? image);
  } catch (error) {
    if (isNoSuchImage(error)) return undefined;
    throw error;
  }
}

/**
 * The whole image that a run may have made without hearing of it: the only one of its name, made since the run began. Whether it is the
 * run's, only its content can tell. Absent: there is none, or the run knew the id.
 */
export async function unheardOf({ left, is }: LeftImage, context: EngineContext): Promise<LeftAt | undefined> {
  const { action, id } = left;
  if (id !== undefined || (is !== 'gone' && is !== 'parts') || !action.name) return undefined;
  const at = await accountOf(action, context);
  const [image, ...others] = await imagesNamed(at, action.name, context.call());
  if (!image || others.length > 0) return undefined;
  return isAtRest(image.status, action.verb) && fitsRun(image, action, Infinity) ? { at, image } : undefined;
}

/** Own images that bear the name, were made since the run began, and are not whole. */
async function candidatesFor({ name, at: begun }: ActionEntry, at: Account, call: Call): Promise<Look> {
  if (name === undefined || name === '') return { is: 'gone' };
  const since = Date.parse(begun) - clockMs;
  const images = (await imagesNamed(at, name, call)).filter(
    ({ status, createdAt }) =>
      !['active', 'inactive', 'deleting'].includes(status) && (createdAt === undefined || Date.parse(createdAt) >= since),
  );
  return images.length === 0 ? { is: 'gone' } : { is: 'candidates', at, images };
}

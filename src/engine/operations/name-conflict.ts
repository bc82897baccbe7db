import type { Action, Risk } from '../../core/action.ts';
import { conflictError, ImgctlError, unsupportedError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import type { Call } from '../../core/operation.ts';
import type { Prepared } from '../../transfer/prepared.ts';
import type { EngineContext } from '../context.ts';
import { whyNotRemovable } from './deletable.ts';
import { plannedUses } from '../images/uses.ts';
import { candidates, imagesNamed } from '../images/resolve.ts';
import { checkIntact, identical, nothingToDo, recalled, tellSame, withdrawn, type Same } from '../images/compare.ts';
import type { Account } from '../account/account.ts';
import type { Claim, Named } from './claim.ts';
import { refuseOlder, warnOfOther } from './downgrade.ts';

/** A name that may be taken: what is to be made, and images that it replaces. */
export interface Free {
  readonly description: Named;
  readonly replaces?: readonly Image[];
}

/** What a name means for a delivery: an image that holds the same disk already, or a description, and images that it replaces. */
export type Before = Same | Free;

/** What a taken name means for a claim. Throws CONFLICT where it must not be taken; asks before something is replaced. */
export const settleName = (prepared: Prepared, claim: Claim, context: EngineContext): Promise<Before> =>
  settle(claim, (known) => identical(claim.at as Account, known, prepared, { call: claim.call, context }), context);

/** Whether an image may be made only where the name is still free when it is entered. Two of `rename` have names of their own. */
export const mustBeFree = ({ ifExists, request }: Pick<Claim, 'ifExists' | 'request'>): boolean =>
  request.into === undefined && (ifExists === 'fail' || ifExists === 'skip');

/**
 * What a claim comes to whose image could not be made for `error`: where another run has taken the name meanwhile, that is judged
 * as if it had been there before. Throws what that comes to, else `error`.
 */
export async function settleAgain(error: unknown, claim: Claim, again: () => Promise<Before>): Promise<Same> {
  if (!(error instanceof ImgctlError) || error.code !== 'CONFLICT' || !mustBeFree(claim)) throw error;
  const now = await again();
  if ('image' in now) return now;
  throw error;
}

/** The same for what is not at hand: `same` finds among images, with what is known of their content, one that has its content. */
export async function settle(
  claim: Claim,
  same: (known: readonly Image[]) => Promise<Same | undefined>,
  context: EngineContext,
): Promise<Before> {
  const { description, into } = claim.request;
  const at = claim.at as Account;
  const refuseWithdrawn = async (images: readonly Image[]): Promise<void> => {
    const found = await same(await recalled(at, images, 'inactive'));
    if (found) throw withdrawn(at, found.image);
  };
  if (into !== undefined) await warnOfNamesakes(at, { id: into, name: description.name }, claim.call, context);
  const taken = into === undefined ? await imagesNamed(at, description.name, claim.call) : [];
  const [first] = taken;
  if (!first) return { description };
  if (claim.ifExists !== 'fail' && claim.ifExists !== 'skip') await refuseOlder(claim, taken, (message) => context.warn(message));
  if (claim.ifExists === 'rename') return { description: { ...description, name: freeName(description.name, context.now()) } };
  if (claim.ifExists === 'replace') {
    const replaces = replacedBy(claim, taken);
    await refuseWithdrawn(replaces);
    warnOfOther(claim, replaces, (message) => context.warn(message));
    await confirmReplacing(claim, replaces, context);
    return { description, replaces };
  }
  if (claim.ifExists === 'fail')
    throw conflictError(`image "${description.name}" already exists in ${claim.at.profile} (${first.id})`, {
      hint: first.status === 'queued' ? fillHint(first) : `Choose with --if-exists skip|replace|rename.\n${choices}`,
    });
  if (first.status === 'queued' && taken.length === 1)
    throw conflictError(`image "${description.name}" (${first.id}) is queued (no data uploaded yet)`, { hint: fillHint(first) });
  const found = await same(await recalled(at, taken, 'active'));
  if (found) {
    await checkIntact(at, found, claim.call);
    tellSame(found, context);
    return found;
  }
  await refuseWithdrawn(taken);
  await refuseOlder(claim, taken);
  throw conflictError(`"${description.name}" (${first.id}) ${otherwise(first)}`, {
    hint: 'Choose with --if-exists replace|rename.',
  });
}

/** Why an image does not count as the same. */
const otherwise = ({ status, progress }: Image): string =>
  status === 'failed'
    ? `has failed${progress?.message === undefined ? '' : `: ${progress.message}`}`
    : 'exists with different (or unknown) content';

/** Asks about what a claim would replace, if anything, and gives the ids that were agreed to. Throws as `settle` does. */
export async function confirmReplace(claim: Claim, context: EngineContext): Promise<readonly string[]> {
  if (claim.ifExists !== 'replace') return [];
  const named = await imagesNamed(claim.at as Account, claim.request.description.name, claim.call);
  await refuseOlder(claim, named);
  const taken = replacedBy(claim, named);
  await confirmReplacing(claim, taken, context);
  return taken.map(({ id }) => id);
}

/**
 * Of the images that bear a name the one that is replaced; none where all of them are hidden: those are older versions, and stay.
 * Throws before a byte is sent where it is not clear which one is meant, and where that one could not be removed afterwards.
 */
export function replacedBy({ at, request }: Pick<Claim, 'at' | 'request'>, taken: readonly Image[]): readonly Image[] {
  const seen = taken.filter(({ hidden, status }) => hidden !== true && status !== 'deleting');
  const [only, ...others] = seen;
  if (!only) return [];
  if (others.length > 0)
    throw conflictError(`--if-exists replace: "${request.description.name}" matches ${seen.length} images:`, {
      hint: [...candidates(seen), 'Delete or rename all but one, or use --if-exists rename.'].join('\n'),
    });
  if (!at.maybe('delete'))
    throw unsupportedError(`${at.provider} cannot delete, so nothing can be replaced`, { hint: 'Use --if-exists rename.' });
  const reason = whyNotRemovable(at as Account, only);
  if (reason) throw reason;
  return [only];
}

async function confirmReplacing({ at, agreed = [] }: Claim, taken: readonly Image[], context: EngineContext): Promise<void> {
  if (taken.every(({ id }) => agreed.includes(id))) return;
  await context.confirmLoss(
    { verb: 'Replace', count: taken.length, images: () => Promise.resolve(taken), missedByUsers: true },
    at,
  );
}

/**
 * Warns, with their ids, of other images of one's own that bear this name; `id`: the image itself, where there is one. What cannot be
 * asked is said to be unchecked.
 */
export async function warnOfNamesakes(
  at: Account,
  { id, name = '' }: { readonly id?: string; readonly name?: string },
  call: Call,
  context: EngineContext,
): Promise<void> {
  if (name === '' || !at.maybe('list')) return;
  try {
    const others = (await imagesNamed(at, name, call)).filter((image) => image.id !== id).map((image) => image.id);
    if (others.length > 0)
      context.warn(`image "${name}" already exists in ${at.profile} (${others.join(', ')}). Use ids to tell them apart.`);
  } catch (error) {
    // The image is made by then, or changed: nothing that a look tells undoes that.
    if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
    context.warn(`could not check whether the name is taken: ${error.message}`);
  }
}

const choices =
  'skip: done if it has the same content; replace: delete it once the new image is active; rename: append the time.';

/** What an interrupted run, or `create`, has left can be filled. */
const fillHint = (image: Image): string =>
  `It is queued (no data uploaded yet). Fill it with: --into ${image.profile}:${image.id}`;

const freeName = (name: string, now: number): string =>
  `${name}-${new Date(now).toISOString().slice(0, 19).replace(/[-:T]/g, '')}`;

/** What a plan has to say of the way that a taken name was settled: what comes behind the steps of the verb itself, and their risk. */
export async function settledSteps(
  { description: { name }, replaces: [replaced] = [] }: Free,
  { at, request, call }: Claim,
): Promise<{ readonly risk: Risk; readonly steps: readonly string[] } & Pick<Action, 'uses' | 'unasked'>> {
  // Not the id of the new one: where an image is called by its tag, it has that of the replaced one by then.
  if (replaced)
    return {
      risk: 'replace',
      steps: [`delete the image that is ${replaced.id} now`],
      ...(await plannedUses(at, replaced, call)),
    };
  return { risk: 'add', steps: name === request.description.name ? [] : [`under the name ${name}, since the other is taken`] };
}

/** Failures of who is asked, not of what is sent. */
const unanswered: readonly string[] = ['NETWORK', 'AUTH', 'PROVIDER', 'LIMIT'];

/**
 * The steps of a dry run and their risk, with what a taken name makes of them by a `look` at it; sends nothing that changes anything. Throws as
 * `deliver` would where the name must not be taken. A target that cannot be asked is warned about, and the steps are given all the same.
 */
export async function foreseen(
  steps: readonly string[],
  look: () => Promise<Before>,
  claim: Claim,
  context: EngineContext,
): Promise<Pick<Action, 'risk' | 'steps' | 'uses' | 'unasked'>> {
  const add = { risk: 'add', steps } as const;
  try {
    const before = await look();
    if ('image' in before) return { risk: 'reuse', steps: [nothingToDo(before)] };
    const { steps: more, ...rest } = await settledSteps(before, claim);
    return { ...rest, steps: [...steps, ...more] };
  } catch (error) {
    if (!(error instanceof ImgctlError) || !unanswered.includes(error.code)) throw error;
    context.warn(`could not check whether the name is taken: ${error.message}`);
    return add;
  }
}

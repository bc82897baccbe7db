import type { DesiredRow } from '../../core/desired.ts';
import { conflictError } from '../../core/errors.ts';
import { imageFrom, type Image } from '../../core/image.ts';
import { markChanges, marksOf } from '../../core/marks.ts';
import type { Account } from '../account/account.ts';
import type { EngineContext } from '../context.ts';
import { whyNotRemovable } from '../operations/deletable.ts';
import type { WaitWishes } from '../operations/settle.ts';
import type { Case, Seen } from './case.ts';
import { rowOf } from './case.ts';
import { carryOut } from './retirement-change.ts';
import { meansOf, usesAt, type Found } from './retirement-look.ts';
import { decideRetirement, seriesOf, whoseUseMatters, type RetirementDecision, type RetirementRules } from './retirement.ts';

/** What is to become of the versions of an image that newer ones have replaced. */
export interface Superseding {
  readonly rules: RetirementRules;
  /** As they are once all else that was planned is done. */
  readonly fleet: readonly Found[];
  readonly decisions: readonly RetirementDecision<Found>[];
}

/**
 * Decides by the rules of prune about all that is marked as of this series, as it is once what is wanted is there: that stays, and counts. What
 * uses those that would go is asked; what was not answered is reported, and keeps them.
 */
export async function superseding(one: Case, at: Account, rules: RetirementRules, context: EngineContext): Promise<Superseding> {
  const known = foreseen(one, at);
  const matters = whoseUseMatters(known, rules);
  const uses = await usesAt(at, matters, context);
  const fleet = known.map((found) => (uses.has(found) ? { ...found, uses: uses.get(found) } : found));
  return { rules, fleet, decisions: decideRetirement(fleet, rules) };
}

/** How many stay only because it is not known what uses them. */
export const keptUnlessUnused = ({ rules, fleet, decisions }: Superseding): number =>
  decideRetirement(fleet, { ...rules, isUnusedBelieved: true }).filter(
    ({ action }, index) => action !== 'keep' && decisions[index]?.action === 'keep',
  ).length;

/** The rows of it. Of what stays there is none. */
export const supersededRows = (one: Case, { decisions }: Superseding): readonly DesiredRow[] =>
  decisions.flatMap(({ candidate: { image, can }, action, reason }) => {
    if (action === 'keep' || image.id === '' || isWanted(one, image)) return [];
    const doing =
      action === 'delete'
        ? action
        : action === 'unretire'
          ? 'property'
          : can.deactivates
            ? 'deactivate'
            : can.hides
              ? 'hide'
              : 'property';
    return [rowOf(one, doing, reason, image, { retirement: action, irreversible: action === 'delete' })];
  });

/**
 * Carries out what was decided about an image, once more by what uses it now: sending what replaces it may have taken hours. Throws
 * CONFLICT where it is to stay by now.
 */
export async function supersede(
  { rules, fleet, decisions }: Superseding,
  id: string,
  wishes: WaitWishes,
  context: EngineContext,
): Promise<void> {
  const decision = decisions.find(({ candidate }) => candidate.image.id === id);
  if (!decision) throw conflictError(`nothing was decided about ${id}`);
  const { candidate, action } = decision;
  const uses = (await usesAt(candidate.at, [candidate], context)).get(candidate);
  const now = fleet.map((found) => (found.image.id === id ? { ...found, uses } : found));
  const again = decideRetirement(now, rules).find((other) => other.candidate.image.id === id);
  if (again?.action !== action) throw conflictError(`${id} stays as it is: ${again?.reason ?? 'it is not there'}`);
  await carryOut(decision, wishes, context);
}

/** Brings back what is needed again: nothing speaks against that. */
export const unretire = (at: Account, image: Image, wishes: WaitWishes, context: EngineContext): Promise<void> =>
  carryOut({ candidate: { at, image, can: meansOf(at) }, action: 'unretire', reason: '' }, wishes, context);

/** All of the series, as it will be: what is wanted bears the mark that it is, whether it is there yet or not, and nothing else does. */
function foreseen(one: Case, at: Account): readonly Found[] {
  const can = meansOf(at);
  const found = (image: Image): Found => ({
    at,
    image,
    series: seriesOf(image, undefined, new Set()),
    can,
    irremovable: whyNotRemovable(at, image)?.message,
  });
  const ours = one.ours
    .filter(({ isUnmarked }) => isUnmarked !== true)
    .map(({ image }) => found(marked(image, isWanted(one, image))));
  const isThere = one.ours.some(({ image }) => isWanted(one, image));
  return isThere ? ours : [...ours, found(toBe(one))];
}

const isWanted = ({ ours }: Case, image: Image): boolean =>
  ours.some((seen: Seen) => seen.image.id === image.id && (seen.isSame || seen.isListed === true));

function marked(image: Image, isSo: boolean): Image {
  const { properties = {}, removeProperties = [] } = markChanges(image, { wanted: isSo ? 'yes' : null }) ?? {};
  const all = Object.entries({ ...image.properties, ...properties }).filter(([name]) => !removeProperties.includes(name));
  return { ...image, properties: Object.fromEntries(all) };
}

function toBe({ ours, wanted: { image: name, profile, properties, labels } }: Case): Image {
  const [like] = ours.map(({ image }) => marksOf(image));
  const marks = markChanges({ id: '', properties: {} }, { ...like, retired: null, wanted: 'yes' });
  return imageFrom(
    {
      id: '',
      name,
      status: 'active',
      providerStatus: '',
      architecture: labels.architecture ?? ours[0]?.image.architecture,
      tags: [],
      properties: { ...properties, ...marks?.properties },
      places: [],
      raw: {},
    },
    { profile, provider: '' },
  );
}

import { isGlob, globPattern } from '../../core/glob.ts';
import { ImgctlError, notFoundError, partialError, unsupportedError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import type { Call } from '../../core/operation.ts';
import { unanswered, unaskedBy, unaskedText, type ImageUses } from '../../core/uses.ts';
import type { Account } from '../account/account.ts';
import { allOf, inParallel } from '../concurrency.ts';
import type { EngineContext } from '../context.ts';
import { listing, wholeListing } from '../images/list.ts';
import { whyNotRemovable } from '../operations/deletable.ts';
import { seriesOf, whoseUseMatters, type RetirementMeans, type FleetImage, type RetirementRules } from './retirement.ts';

/** One account, and the words by which its images are meant; none: all that are managed. */
export interface Meant {
  readonly at: Account;
  readonly words: readonly string[];
}

/** An image of the fleet, and whose it is. */
export interface Found extends FleetImage {
  readonly at: Account;
}

/** What was found. `failed`: profiles that could not be asked; nothing is decided about their images. */
export interface RetirementFleet {
  readonly found: readonly Found[];
  readonly failed: readonly string[];
}

/** How far an account can go in retiring an image. */
export const meansOf = (at: Account): RetirementMeans => {
  const fields = at.maybe('patch')?.fields ?? [];
  return {
    marks: fields.includes('properties'),
    deactivates: at.maybe('deactivate') !== undefined && at.maybe('reactivate') !== undefined,
    hides: fields.includes('hidden'),
    deletes: at.maybe('delete') !== undefined,
  };
};

/**
 * All images that are meant, with what uses those of which that matters. One account that cannot be asked is reported, and the others go
 * on; what uses an image and was not answered is reported too. Throws what keeps the only one from being asked; NOT_FOUND for an id that
 * is to count as managed and is nowhere.
 */
export async function lookAtFleet(
  meant: readonly Meant[],
  managed: ReadonlySet<string>,
  rules: RetirementRules,
  context: EngineContext,
): Promise<RetirementFleet> {
  const asked = marking(meant, context);
  const failed: string[] = [];
  const looks = inParallel(context.settings.concurrencyLimit, asked, async (one) => {
    const call = context.call();
    try {
      return await candidatesOf(one, managed, call);
    } catch (error) {
      if (asked.length === 1 || !(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
      failed.push(one.at.profile);
      await context.report(error);
      return [];
    }
  });
  const found = (await allOf(looks)).flat();
  const lost = [...managed].find((id) => !found.some(({ image }) => image.id === id));
  if (lost !== undefined && failed.length === 0)
    throw notFoundError(`--managed: no such image among those that are meant: ${lost}`, {
      hint: 'Use the id of an image of yours.',
    });
  const used = new Set(whoseUseMatters(found, rules));
  const answers = await allOf(
    asked.map(async ({ at }) =>
      usesAt(
        at,
        found.filter((one) => one.at === at && used.has(one)),
        context,
      ),
    ),
  );
  const uses = new Map(answers.flatMap((answer) => [...answer]));
  return { found: found.map((one) => (uses.has(one) ? { ...one, uses: uses.get(one) } : one)), failed };
}

/** Those accounts at which an image can be marked. Throws UNSUPPORTED where that is none of them. */
function marking(meant: readonly Meant[], context: EngineContext): readonly Meant[] {
  const able = meant.filter(({ at }) => meansOf(at).marks);
  const [other] = meant.filter((one) => !able.includes(one));
  if (!other) return meant;
  const reason = 'keeps no properties, by which managed images are known';
  if (able.length === 0)
    throw unsupportedError(`${other.at.provider} ${reason}`, { profile: other.at.profile, provider: other.at.provider });
  for (const { at } of meant)
    if (!able.some((one) => one.at === at)) context.warn(`skipped ${at.profile}: ${at.provider} ${reason}`);
  return able;
}

/** Own images that are managed, or were meant by a word. */
async function candidatesOf({ at, words }: Meant, managed: ReadonlySet<string>, call: Call): Promise<readonly Found[]> {
  const patterns = words.map((word) => [word, isGlob(word) ? globPattern(word) : undefined] as const);
  const wordFor = ({ name, id }: Image): string | undefined =>
    patterns.find(([word, pattern]) => word === name || word === id || pattern?.test(name) === true)?.[0];
  const can = meansOf(at);
  const found: Found[] = [];
  for await (const image of listing(at, { ...wholeListing, scope: 'own', hidden: true }, call)) {
    const word = wordFor(image);
    if ((words.length > 0 && word === undefined) || image.status === 'deleted' || image.status === 'deleting') continue;
    const byId = word === image.id ? undefined : word;
    const series = seriesOf(image, byId, managed);
    if (series === undefined && words.length === 0) continue;
    // That it cannot be deleted as long as it is active is of no matter: it is not then.
    const irremovable = whyNotRemovable(at, image)?.message;
    found.push({ at, image, series, can, irremovable });
  }
  return found;
}

/** What uses these images; null for each where that cannot be asked. What was not answered is reported, once for each reason. */
export async function usesAt(
  at: Account,
  found: readonly Found[],
  context: EngineContext,
): Promise<ReadonlyMap<Found, ImageUses | null>> {
  const verb = at.maybe('uses');
  if (!verb || found.length === 0) return new Map(found.map((one) => [one, null]));
  const images = found.map(({ image }) => image);
  let answers: readonly ImageUses[];
  try {
    answers = await verb.run({ images }, context.call());
  } catch (error) {
    const unasked = verb.knows.map((kind) => unaskedBy(kind, error));
    answers = images.map(({ id }) => ({ image: id, uses: [], unasked }));
  }
  const missed = new Map(answers.flatMap(unanswered).map((part) => [`${unaskedText(part)}: ${part.reason}`, part]));
  for (const text of missed.keys())
    await context.report(partialError(`${at.profile}: could not check ${text}`, { profile: at.profile, provider: at.provider }));
  return new Map(found.map((one) => [one, answers.find(({ image }) => image === one.image.id) ?? null]));
}

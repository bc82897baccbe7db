import { abortedError, ImgctlError, partialError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import { marksOf } from '../../core/marks.ts';
import type { RetirementRow } from '../../core/retirement.ts';
import type { Account } from '../account/account.ts';
import { allOf, inParallel } from '../concurrency.ts';
import type { EngineContext } from '../context.ts';
import type { WaitWishes } from '../operations/settle.ts';
import { carryOut } from './retirement-change.ts';
import { lookAtFleet, type Found, type Meant } from './retirement-look.ts';
import { decideRetirement, graceEnd, isRetired, type RetirementDecision, type RetirementRules } from './retirement.ts';

type Decided = RetirementDecision<Found>;

export interface RetirementWishes extends WaitWishes, Omit<RetirementRules, 'now'> {
  /** Ids of images that count as managed whatever their marks say. */
  readonly managed: readonly string[];
}

/** What came of it. `failed`: profiles that could not be asked. */
export interface Retirement {
  readonly rows: readonly RetirementRow[];
  readonly failed: readonly string[];
}

/**
 * Looks at the fleet, decides, asks once for each account that loses something, and does it: what is needed again comes back first. A row
 * for each image. Failures are reported, also of what could not be looked at. Throws as `lookAtFleet` and `confirmLoss`.
 */
export async function retire(meant: readonly Meant[], wishes: RetirementWishes, context: EngineContext): Promise<Retirement> {
  const rules: RetirementRules = { ...wishes, now: context.now() };
  const { found, failed } = await lookAtFleet(meant, new Set(wishes.managed), rules, context);
  const decisions = decideRetirement(found, rules);
  await agree(decisions, context);
  const done = new Map<Decided, RetirementRow>();
  for (const actions of [['unretire'], ['retire'], ['delete'], ['keep']] as const) {
    const now = decisions.filter(({ action }) => actions.some((one) => one === action));
    const rows = inParallel(context.settings.concurrencyLimit, now, (one) => rowOf(one, rules, wishes, context));
    for (const [index, row] of (await allOf(rows)).entries()) {
      const one = now[index];
      if (one) done.set(one, row);
    }
  }
  const rows = inSeries(decisions).flatMap((one) => done.get(one) ?? []);
  const bad = rows.filter(({ result }) => result === 'failed').length;
  if (context.signal.aborted) await context.report(abortedError('interrupted'));
  else if (bad > 0) await context.report(partialError(`${bad} of ${rows.length} images failed`));
  if (failed.length > 0) await context.report(partialError(`not looked at: ${failed.join(', ')}`));
  return { rows, failed };
}

/** By profile and series, each with its newest first; what is in none comes last. */
function inSeries(decisions: readonly Decided[]): readonly Decided[] {
  const profiles = [...new Set(decisions.map(({ candidate }) => candidate.at.profile))];
  const key = ({ candidate: { at, series, image } }: Decided): readonly [number, string, string] => [
    profiles.indexOf(at.profile),
    series === undefined ? '1' : `0${series}`,
    image.createdAt ?? '',
  ];
  return decisions.toSorted((a, b) => {
    const [[profile, series, made], [otherProfile, otherSeries, otherMade]] = [key(a), key(b)];
    if (profile !== otherProfile) return profile - otherProfile;
    if (series !== otherSeries) return series < otherSeries ? -1 : 1;
    return made === otherMade ? 0 : made > otherMade ? -1 : 1;
  });
}

async function agree(decisions: readonly Decided[], context: EngineContext): Promise<void> {
  const losing = decisions.filter(({ action }) => action === 'retire' || action === 'delete');
  for (const at of new Set(losing.map(({ candidate }) => candidate.at))) {
    const there = (action: Decided['action']): readonly Image[] =>
      losing.filter((one) => one.candidate.at === at && one.action === action).map(({ candidate }) => candidate.image);
    const [going, retiring] = [there('delete'), there('retire')];
    const parts = [counted(going, 'delete'), counted(retiring, 'retire')].filter((part) => part !== '');
    await context.confirmLoss(
      {
        verb: 'Prune',
        what: `${at.profile}: ${parts.join(', ')}`,
        count: going.length + retiring.length,
        images: async () => [...going, ...retiring],
      },
      at,
    );
  }
}

const counted = (images: readonly Image[], verb: string): string =>
  images.length === 0 ? '' : `${verb} ${images.length} ${images.length === 1 ? 'image' : 'images'} (${named(images)})`;

const mostNamed = 5;
const named = (images: readonly Image[]): string =>
  [...images.slice(0, mostNamed).map(({ id, name }) => name || id), ...(images.length > mostNamed ? ['…'] : [])].join(', ');

/** Carries a decision out, and says what came of it. */
async function rowOf(one: Decided, rules: RetirementRules, wishes: WaitWishes, context: EngineContext): Promise<RetirementRow> {
  const base = described(one, rules);
  if (one.action === 'keep') return { ...base, result: context.settings.dryRun ? 'planned' : 'ok' };
  if (context.settings.dryRun) return { ...base, result: 'planned' };
  if (context.signal.aborted) return { ...base, result: 'skipped' };
  try {
    await carryOut(one, wishes, context);
    return { ...base, result: 'ok' };
  } catch (error) {
    const { at, image } = one.candidate;
    const failure =
      context.signal.aborted && !(error instanceof ImgctlError) ? abortedError('interrupted', { cause: error }) : error;
    if (!(failure instanceof ImgctlError)) throw failure;
    if (failure.code !== 'ABORTED') await context.report(naming(image, at, failure));
    const { message, code, exitCode } = failure;
    const { hint } = failure.circumstances;
    return {
      ...base,
      result: 'failed',
      message: context.redactor.hide(message),
      code,
      exitCode,
      ...(hint === undefined ? {} : { hint: context.redactor.hide(hint) }),
    };
  }
}

const naming = ({ id }: Image, { profile }: Account, error: ImgctlError): ImgctlError =>
  error.message.includes(id) ? error : new ImgctlError(error.code, `${profile}:${id}: ${error.message}`, error.circumstances);

/** What is known of an image, and what was decided. */
function described({ candidate, action, reason }: Decided, rules: RetirementRules): Omit<RetirementRow, 'result'> {
  const { at, image, series, uses } = candidate;
  const { retired } = marksOf(image);
  const deleteAfter =
    action === 'retire'
      ? rules.now + rules.grace
      : isRetired(candidate) && action === 'keep'
        ? graceEnd(candidate, rules)
        : undefined;
  const places = image.places.length > 1 ? image.places.map(({ name }) => name) : undefined;
  const takes = at.maybe('delete')?.takes;
  return {
    profile: at.profile,
    id: image.id,
    name: image.name,
    ...(series === undefined ? {} : { series }),
    action,
    reason,
    status: image.status,
    ...(image.createdAt === undefined ? {} : { createdAt: image.createdAt }),
    ...(image.sizeBytes === undefined ? {} : { sizeBytes: image.sizeBytes }),
    ...(retired === undefined || action === 'unretire' ? {} : { retiredAt: retired }),
    ...(deleteAfter === undefined ? {} : { deleteAfter: new Date(deleteAfter).toISOString() }),
    ...(places ? { places } : {}),
    ...(takes && (action === 'retire' || action === 'delete') ? { takes } : {}),
    ...(uses ? { uses: uses.uses, ...(uses.unasked.length > 0 ? { unasked: uses.unasked } : {}) } : {}),
  };
}

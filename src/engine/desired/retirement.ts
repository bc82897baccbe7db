import { channelText } from '../../core/channel.ts';
import type { Image } from '../../core/image.ts';
import { managedByHand, marksOf } from '../../core/marks.ts';
import { areOfOneProduct, compareSerials, provenanceIn } from '../../core/provenance.ts';
import { humanDuration } from '../../core/quantity.ts';
import type { RetirementAction } from '../../core/retirement.ts';
import { unanswered, usesText, type ImageUses } from '../../core/uses.ts';
import { channelsTo } from '../channels/state.ts';

/** Between retiring an image and deleting it, where nobody says otherwise (ms). */
export const usualGrace = 14 * 24 * 60 * 60_000;
/** So many images go in one run at most, where nobody says otherwise. */
export const usualMaxDelete = 10;

/** How far an account can go in retiring an image. */
export interface RetirementMeans {
  /** It keeps marks. */
  readonly marks: boolean;
  readonly deactivates: boolean;
  readonly hides: boolean;
  readonly deletes: boolean;
}

/** An image of the fleet, and what is known of it. */
export interface FleetImage {
  readonly image: Image;
  /** Those of one series follow each other. Absent: it is not managed, and stays. */
  readonly series?: string | undefined;
  readonly can: RetirementMeans;
  /** What uses it; null: its provider cannot be asked. Absent: nobody has asked yet. */
  readonly uses?: Pick<ImageUses, 'uses' | 'unasked'> | null | undefined;
  /** Why its provider would not delete it. Absent: nothing is known against it. */
  readonly irremovable?: string | undefined;
}

/** Times are ms. */
export interface RetirementRules {
  /** So many of each series stay, of those that can be used the newest. */
  readonly keep: number;
  /** Younger ones stay. */
  readonly olderThan?: number | undefined;
  /** Between retiring an image and deleting it. */
  readonly grace: number;
  readonly maxDelete: number;
  /** The user says that what nobody can be asked about is not used. */
  readonly isUnusedBelieved: boolean;
  readonly now: number;
}

export interface RetirementDecision<C extends FleetImage = FleetImage> {
  readonly candidate: C;
  readonly action: RetirementAction;
  readonly reason: string;
}

/** Whether all was done that retires an image: from then on the grace counts. Half of it is what a run that was killed, or somebody who brought it back, has left. */
export function isRetired({ image, can }: FleetImage): boolean {
  if (marksOf(image).retired === undefined) return false;
  if (can.deactivates) return image.status === 'inactive';
  return image.status === 'active' && (!can.hides || image.hidden === true);
}

/** Nobody is to use it any more, also where its provider cannot keep anybody from that. */
const isRevoked = ({ image }: FleetImage): boolean => marksOf(image).revoked !== undefined;

/** Whether it can be used, as far as it was not retired. */
const isInService = (one: FleetImage): boolean => one.image.status === 'active' && !isRetired(one) && !isRevoked(one);

/** When the grace of an image ends that is retired. */
export const graceEnd = ({ image }: FleetImage, { grace }: Pick<RetirementRules, 'grace'>): number =>
  Date.parse(marksOf(image).retired ?? '') + grace;

/**
 * What is to become of each image, in the order in which they came; only what is known speaks for taking anything away. An image whose
 * use nobody has asked for stays.
 */
export function decideRetirement<C extends FleetImage>(
  fleet: readonly C[],
  rules: RetirementRules,
): readonly RetirementDecision<C>[] {
  const newer = newerInService(fleet);
  const decisions = fleet.map((candidate): RetirementDecision<C> => ({
    candidate,
    ...decided(candidate, { ...rules, isAmongNewest: (newer.get(candidate) ?? 0) < rules.keep }),
  }));
  return capped(decisions, rules.maxDelete);
}

/** Those of which it matters whether they are used: what would be taken away if they are not, or was. */
export function whoseUseMatters<C extends FleetImage>(fleet: readonly C[], rules: RetirementRules): readonly C[] {
  const unused = fleet.map((candidate): FleetImage => ({ ...candidate, uses: { uses: [], unasked: [] } }));
  const decisions = decideRetirement(unused, { ...rules, maxDelete: Infinity });
  return fleet.filter((candidate, index) => {
    const action = decisions[index]?.action;
    return action === 'retire' || action === 'delete' || (candidate.series !== undefined && isRetired(candidate));
  });
}

/** How many images of its series that can be used are newer than each. */
function newerInService(fleet: readonly FleetImage[]): ReadonlyMap<FleetImage, number> {
  const series = new Map<string, FleetImage[]>();
  for (const one of fleet) {
    if (one.series === undefined || (!isInService(one) && !isRetired(one))) continue;
    const key = JSON.stringify([one.image.profile, one.series]);
    series.set(key, [...(series.get(key) ?? []), one]);
  }
  const counts = new Map<FleetImage, number>();
  for (const all of series.values()) {
    let inService = 0;
    const isWanted = ({ image }: FleetImage): boolean => marksOf(image).wanted !== undefined;
    // What is wanted counts as newer than whatever it has taken the place of.
    const wantedFirst = newestFirst(all, ({ image }) => image).toSorted((a, b) => Number(isWanted(b)) - Number(isWanted(a)));
    for (const one of wantedFirst) {
      counts.set(one, inService);
      if (isInService(one)) inService += 1;
    }
  }
  return counts;
}

/**
 * By their serials where all have one, and are of one product, as far as that is told; then by when they were made. One of which
 * nobody says when it was made counts as new.
 */
export function newestFirst<T>(all: readonly T[], imageOf: (one: T) => Image): readonly T[] {
  const [first] = all.map(imageOf);
  const serialOf = ({ properties }: Image): string | undefined => provenanceIn(properties).serial;
  const bySerial = all
    .map(imageOf)
    .every((one) => serialOf(one) !== undefined && areOfOneProduct(one.properties, first?.properties ?? {}) !== false);
  const made = (image: Image): number => madeAt(image) ?? Infinity;
  return all.toSorted((one, other) => {
    const [a, b] = [imageOf(one), imageOf(other)];
    const serials = bySerial ? compareSerials(serialOf(b) ?? '', serialOf(a) ?? '') : 0;
    if (serials !== 0) return serials;
    if (made(a) !== made(b)) return made(b) > made(a) ? 1 : -1;
    return a.id < b.id ? -1 : 1;
  });
}

function madeAt({ createdAt }: Image): number | undefined {
  const ms = createdAt === undefined ? NaN : Date.parse(createdAt);
  return Number.isNaN(ms) ? undefined : ms;
}

type Judged = Pick<RetirementDecision, 'action' | 'reason'>;
type Situation = RetirementRules & { readonly isAmongNewest: boolean };

const keep = (reason: string): Judged => ({ action: 'keep', reason });

function decided(one: FleetImage, situation: Situation): Judged {
  const { image, series, can } = one;
  const isGoing = isRetired(one);
  if (series === undefined) return keep('not managed');
  if (!can.marks) return keep('this provider keeps no marks');
  if (image.protected === true) return keep('protected');
  if (isRevoked(one) && (!isGoing || situation.isAmongNewest)) return keep('revoked: it counts for nothing');
  if (!isGoing && image.status !== 'active') return keep(`${image.status}: it counts for nothing`);
  const { wanted, unsure } = whatSpeaksFor(one, situation);
  const isMarked = marksOf(image).retired !== undefined;
  if (wanted !== undefined) return isMarked && !isRevoked(one) ? { action: 'unretire', reason: wanted } : keep(wanted);
  if (unsure !== undefined) return keep(unsure);
  if (!isGoing) return { action: 'retire', reason: outOf(situation) };
  return afterGrace(one, situation);
}

/** `wanted`: it is needed. `unsure`: it may be, or it is not its time yet. */
function whatSpeaksFor(
  { image, uses }: FleetImage,
  { keep: count, isAmongNewest, olderThan, now, isUnusedBelieved }: Situation,
): { readonly wanted?: string; readonly unsure?: string } {
  if (marksOf(image).wanted !== undefined) return { wanted: 'its manifest wants it' };
  const [channel] = channelsTo(image);
  if (channel) return { wanted: channelText(channel) };
  if (isAmongNewest) return { wanted: count === 1 ? 'the newest' : `among the newest ${count}` };
  if (uses && uses.uses.length > 0) return { wanted: usesText({ uses: uses.uses, unasked: [] }) };
  if (olderThan !== undefined) {
    const made = madeAt(image);
    if (made === undefined) return { unsure: 'its age is not known' };
    if (now - made < olderThan) return { unsure: `not older than ${humanDuration(olderThan)}` };
  }
  if (uses === undefined) return { unsure: 'nobody has asked what uses it' };
  if (uses === null) return isUnusedBelieved ? {} : { unsure: 'what uses it cannot be asked here' };
  if (unanswered(uses).length > 0) return { unsure: usesText(uses) };
  return uses.unasked.length > 0 && !isUnusedBelieved ? { unsure: usesText(uses) } : {};
}

const outOf = ({ keep: count }: RetirementRules): string => `${count} newer ${count === 1 ? 'is' : 'are'} active`;

function afterGrace(one: FleetImage, rules: RetirementRules): Judged {
  const end = graceEnd(one, rules);
  if (end > rules.now) return keep(`retired, and deleted after ${new Date(end).toISOString().slice(0, 10)}`);
  if (!one.can.deletes) return keep('retired, and this provider deletes nothing');
  if (one.irremovable !== undefined) return keep(one.irremovable);
  return { action: 'delete', reason: `retired since ${(marksOf(one.image).retired ?? '').slice(0, 10)}` };
}

/** No more than so many deletions, of those that are retired the longest. */
function capped<C extends FleetImage>(
  decisions: readonly RetirementDecision<C>[],
  maxDelete: number,
): readonly RetirementDecision<C>[] {
  const since = ({ candidate }: RetirementDecision): string => `${marksOf(candidate.image).retired ?? ''} ${candidate.image.id}`;
  const deletions = decisions.filter(({ action }) => action === 'delete').toSorted((a, b) => (since(a) < since(b) ? -1 : 1));
  const over = new Set(deletions.slice(Math.max(0, maxDelete)));
  return decisions.map((one) =>
    over.has(one) ? { ...one, action: 'keep', reason: `retired; more than --max-delete ${maxDelete} would go` } : one,
  );
}

/**
 * What an image follows others in: its manifest and logical name; where it has no such name, the word that it was meant by, else what it
 * is called. Other architectures are other series. `managed`: ids of images that are, whatever their marks say. Absent: it is not.
 */
export function seriesOf(image: Image, word: string | undefined, managed: ReadonlySet<string>): string | undefined {
  const marks = marksOf(image);
  if (marks.managed === undefined && !managed.has(image.id)) return undefined;
  const name = marks.name ?? word ?? image.name;
  return [
    ...(marks.managed === undefined || marks.managed === managedByHand ? [] : [marks.managed]),
    name,
    ...(image.architecture ? [image.architecture] : []),
  ].join(' ');
}

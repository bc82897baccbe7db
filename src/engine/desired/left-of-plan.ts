import { channelIn } from '../../core/channel.ts';
import type { DesiredRow } from '../../core/desired.ts';
import type { Image } from '../../core/image.ts';
import { marksOf } from '../../core/marks.ts';
import type { Account } from '../account/account.ts';
import { standingIn, stateOf } from '../channels/state.ts';
import type { EngineContext } from '../context.ts';
import { stillThere } from '../images/still-there.ts';
import { seenAs } from './case.ts';
import { currentOf } from './decide.ts';
import type { Part } from './planning.ts';
import { isRetired } from './retirement.ts';

/*
 * A plan that was kept is gone on with where a run of it was broken off. What that run has done is planned no more, and has changed the images
 * that the rest is about: so the rows of a plan are not only held against what would be planned now, but also against what was made of them.
 */

/** What is left of the rows of a plan about one image in one profile. */
export interface LeftOfPlan {
  /** What the plan has agreed to, as it would be planned now, in the order in which it is done. */
  readonly agreed: readonly DesiredRow[];
  /** Rows of the plan of which nothing is left to do. */
  readonly done: readonly DesiredRow[];
  /** Rows of the plan that are as they were planned, beside one that is not. */
  readonly resting: readonly DesiredRow[];
  /** Rows of the plan that are not as they were planned. */
  readonly changed: readonly DesiredRow[];
}

/** It is about a version that a newer one has replaced. */
export const isAboutOlder = ({ retirement }: DesiredRow): boolean => retirement === 'retire' || retirement === 'delete';

/**
 * Holds the rows of a plan against those that would be planned now. What makes the image of the manifest so is agreed to only where all of that
 * is as it was planned, or done; of what it replaces each row stands for itself.
 */
export async function leftOfPlan(planned: readonly DesiredRow[], part: Part, context: EngineContext): Promise<LeftOfPlan> {
  const made = madeByPlan(planned, part);
  const held = planned.map((row) => heldRow(row, made, part));
  const touched = new Set(held.filter(({ isBegun }) => isBegun).flatMap(({ about }) => touchedBy(about, part)));
  /** What a row is now; absent: it is not to be done, or not as it was planned. */
  const nowOf = ({ about, alike }: Held): DesiredRow | undefined =>
    alike && (telling(alike) === telling(about) || touched.has(about.id)) ? alike : undefined;
  const same = new Set(held.map(nowOf));
  const others = part.rows.filter((row) => !same.has(row) && !isAboutOlder(row));
  const goneOnWith = others.map((row) => held.find((one) => isGoneOnWith(one, row, made, part)));
  const isMainSo =
    goneOnWith.every((one) => one !== undefined) && held.every((one) => isAboutOlder(one.row) || !one.alike || nowOf(one));
  const rest = { done: [] as DesiredRow[], resting: [] as DesiredRow[], changed: [] as DesiredRow[] };
  for (const one of held) {
    if (nowOf(one)) {
      if (!isMainSo) rest.resting.push(one.row);
    } else if (!(isAboutOlder(one.row) ? await isOver(one, part, context) : isMainSo)) rest.changed.push(one.row);
    else if (!goneOnWith.includes(one)) rest.done.push(one.row);
  }
  return { agreed: isMainSo ? part.rows.filter((row) => same.has(row) || others.includes(row)) : [], ...rest };
}

/** A row of a plan, and what has become of it. */
interface Held {
  readonly row: DesiredRow;
  /** The same; where it is about an image that was yet to be made, and is there by now, about that. */
  readonly about: DesiredRow;
  /** The row that would be planned now, and is the same but for what else the plan does to the image. Absent: there is nothing left to do. */
  readonly alike: DesiredRow | undefined;
  /** It was done, or a part of it was. */
  readonly isBegun: boolean;
}

function heldRow(row: DesiredRow, made: Image | undefined, part: Part): Held {
  const about = made && row.id === undefined && row.action !== 'add' ? { ...row, ...seenAs(made) } : row;
  const words = tellingOfChanged(about);
  const alike = part.rows.find((one) => tellingOfChanged(one) === words);
  return { row, about, alike, isBegun: !alike || isHalfDone(about, part) };
}

const isAdding = ({ action, id }: DesiredRow): boolean => action === 'add' && id === undefined;

/** The image that a row of the plan adds, where it is there by now, marked or not yet. */
function madeByPlan(planned: readonly DesiredRow[], { ready }: Part): Image | undefined {
  const adding = planned.find(isAdding);
  if (!ready || !adding || adding.content !== ready.wanted.content) return undefined;
  const { ours, others } = ready.one;
  const current = currentOf(ready.one)?.image;
  return [...ours, ...others].find(({ image, isOurs, isBegun }) => image === current && (isOurs || isBegun))?.image;
}

/** What is done with the record of an image once it is there. */
const recordActions: readonly DesiredRow['action'][] = ['reuse', 'property', 'hide', 'add', 'shrink-places'];

/** Whether a row that the plan does not have is what is left to do of one that it has. */
function isGoneOnWith({ row: planned, about }: Held, now: DesiredRow, made: Image | undefined, { ready }: Part): boolean {
  if (isAdding(planned)) {
    if (now.action === 'delete') return ready?.one.left.some(({ id }) => id === now.id) === true;
    return made !== undefined && now.id === made.id && recordActions.includes(now.action) && !now.retirement;
  }
  // The name was taken from the one, and not given to the other yet.
  const fields = Object.keys(now.changes ?? {});
  return about.from !== undefined && now.id === about.id && fields.join() === 'name' && now.changes?.name === about.name;
}

/** Images that a row changes. */
function touchedBy({ id, from, channel: text }: DesiredRow, { ready }: Part): readonly (string | undefined)[] {
  const channel = text === undefined ? undefined : channelIn(text);
  const targets = ready && channel ? ready.look.images.filter((image) => standingIn(image, channel)) : [];
  return [id, from?.id, ...targets.map((image) => image.id)];
}

/** Some rows are done by more than one request, and a run may have been broken off between them. */
function isHalfDone({ id, channel: text, retirement, updatedAt }: DesiredRow, { ready }: Part): boolean {
  const images = ready?.look.images ?? [];
  const channel = text === undefined ? undefined : channelIn(text);
  if (channel) return stateOf(images, channel).target?.image.id === id;
  const image = retirement === 'retire' ? images.find((one) => one.id === id) : undefined;
  const retired = image && marksOf(image).retired;
  return retired !== undefined && Date.parse(retired) >= Date.parse(updatedAt ?? retired);
}

/** Whether an older version is as the row wants it, or gone. */
async function isOver({ row }: Held, { ready }: Part, context: EngineContext): Promise<boolean> {
  if (!ready || row.id === undefined) return false;
  const known = ready.superseding?.fleet.find(({ image }) => image.id === row.id);
  if (row.retirement === 'retire' && known) return isRetired(known);
  return !known && (await stillThere(ready.look.at as Account, row.id, context.call())) === undefined;
}

/** What has to be the same: not the words about it. Keys are in one order, whoever has written them. */
const telling = ({ reason: _reason, hint: _hint, code: _code, ...row }: DesiredRow): string => JSON.stringify(ordered(row));
/** Also of an image that another row of the plan has changed, or renamed. */
const tellingOfChanged = ({ updatedAt: _updatedAt, ...row }: DesiredRow): string =>
  telling({ ...row, name: row.id === undefined ? row.name : '' });

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => [name, ordered(field)]);
}

import { channelIn } from '../../core/channel.ts';
import { checkName } from '../../core/image-name.ts';
import { conflictError, ImgctlError, type Circumstances, notFoundError, usageError } from '../../core/errors.ts';
import { isNoSuchImage } from '../../core/answer-error.ts';
import { globPattern, isGlob } from '../../core/glob.ts';
import { imageFrom, type Image, type ImageRecord, type Status } from '../../core/image.ts';
import { commandLine, nowhere } from '../../core/hint.ts';
import type { Call } from '../../core/operation.ts';
import { withJobBehind, withReason } from './told.ts';
import { nearestImages } from './nearest-images.ts';
import { compareImages, listing, wholeListing, type Listing } from './list.ts';
import type { Account, Reach } from '../account/account.ts';
import { channelTarget } from '../channels/look.ts';
import { isOfArchitecture, requireArchitecture } from '../account/arch.ts';

/** Which of several images with one name is meant. Absent: that is an error. */
export type Choice = 'latest' | 'oldest' | undefined;

/** How a name is understood. `among`: states that `pick` chooses from, default active; `reach`: default the command's. */
export interface Meaning {
  readonly pick?: Choice;
  readonly among?: readonly Status[];
  readonly reach?: Reach;
  /** Lists that were read for other names of the same command; absent: each name is asked for by itself. */
  readonly lists?: Lists;
}

type Lists = Map<string, Promise<ReadonlyMap<string, readonly Image[]>>>;

/** From so many names on it costs less to read a list once than to look for each of them in it. */
const manyNames = 8;

/** For so many images of one command: what has been read for one of them is used for the others. */
export const sharedLists = (count: number): Pick<Meaning, 'lists'> => (count < manyNames ? {} : { lists: new Map() });

/** An image that was found. `isShown`: as `show` gives it, so that it need not be asked for again; else as a list does. */
export interface FoundImage {
  readonly image: Image;
  readonly isShown: boolean;
}

const candidatesShown = 10;

/**
 * The image named by id, exact name or `NAME@CHANNEL`. What can be an id is tried as an id, then as a name; other texts, and words where
 * one of several is to be picked, as a name first; what is no name may be a channel. Throws NOT_FOUND, or CONFLICT with the candidates when the name matches several and no
 * `pick` was made, or none that it may take; USAGE where it is for another architecture than was asked for.
 */
export async function findImage(at: Account, text: string, meaning: Meaning, call: Call): Promise<FoundImage> {
  const found = await foundImage(at, text, meaning, call);
  requireArchitecture(at, text, found.image);
  return found;
}

async function foundImage(at: Account, text: string, meaning: Meaning, call: Call): Promise<FoundImage> {
  if (text === '') throw usageError('IMAGE is required', { hint: `List images with: ${commandLine({ verb: 'list' }, at)}` });
  checkName(text);
  const isId = at.driver.ids.test(text);
  const isWord = (at.driver.idsAreWords || at.driver.showsByAlias) && meaning.pick === undefined;
  const byId = isId || isWord ? await shownAs(at, text, call) : undefined;
  // What is damaged under a word may be anything: an image of that name goes before it.
  if (byId && !(byId instanceof ImgctlError) && (isId || byId.isShown)) return byId;
  const named = await imageCalled(at, text, meaning, call);
  if (named) return { image: named, isShown: false };
  const channel = channelIn(text);
  const target = channel && (await channelTarget(at, channel, meaning.reach ?? at.reach, call));
  if (target) return { image: target, isShown: false };
  const last = byId ?? (await shownAs(at, text, call));
  if (last instanceof ImgctlError) throw last.code === 'UNSUPPORTED' ? last : await missing(at, text, last, call);
  return last;
}

/** The image as `show` gives it, one that was found by its id is that already, with what is told of work that goes on behind it. */
export async function shownImage(at: Account, { image, isShown }: FoundImage, call: Call): Promise<Image> {
  return withJobBehind(at, isShown ? image : await at.verb('show').run({ id: image.id }, call), call);
}

/** The image that a glob means. Throws NOT_FOUND where none matches, CONFLICT as `findImage` where several do. */
export async function matchingImage(at: Account, glob: string, meaning: Meaning, call: Call): Promise<FoundImage> {
  const images = (await imagesMeant(at, { text: glob, isGlob: true }, at.reach, call)).filter((one) => isOfArchitecture(at, one));
  if (images.length > 0) return { image: chosen(images, glob, meaning), isShown: false };
  throw notFoundError(`no image matches "${glob}"`, { hint: `List images with: ${commandLine({ verb: 'list' }, at)}` });
}

/** The image that this name means, absent if none within reach bears it. Throws as `findImage`. */
export async function imageCalled(at: Account, name: string, meaning: Meaning, call: Call): Promise<Image | undefined> {
  const named = await imagesMeant(at, { text: name, lists: meaning.lists }, meaning.reach ?? at.reach, call);
  return named.length > 0 ? chosen(named, name, meaning) : undefined;
}

/**
 * The image under this id, or why there is none. One that is there and damaged is found too: to remove it is what is left to do. Where
 * nothing can be removed, it is the list that cannot be relied on.
 */
async function shownAs(at: Account, id: string, call: Call): Promise<FoundImage | ImgctlError> {
  try {
    return { image: await at.verb('show').run({ id }, call), isShown: true };
  } catch (error) {
    if (!(error instanceof ImgctlError)) throw error;
    if (error.code === 'INTEGRITY' && at.driver.facts.delete) return { image: imageFrom(unreadable(id), at), isShown: false };
    // Another tool's, which is no disk, may stand under a word that is an image's name.
    const isOther = error.code === 'UNSUPPORTED' && !at.driver.ids.test(id);
    if (isNoSuchImage(error)) return withReason(error, at, id, call);
    if (error.code === 'USAGE' || isOther) return error;
    throw error;
  }
}

/** What is known of an image whose record cannot be read. */
const unreadable = (id: string): ImageRecord => ({
  id,
  name: '',
  status: 'unknown',
  providerStatus: '',
  tags: [],
  properties: {},
  places: [],
  raw: {},
});

interface Circle {
  readonly scope: Listing['scope'];
  readonly filters: Listing['filters'];
}

/** Own images are in the second circle too, but then they were found in the first. */
const circles = {
  own: { scope: 'own', filters: {} },
  shared: { scope: 'mine', filters: {} },
  public: { scope: 'all', filters: { visibility: 'public' } },
} as const satisfies Readonly<Record<string, Circle>>;

/**
 * The images that a name means, or, where it is a glob, the one that bears it as its name, else those that match it. They are of the
 * nearest circle that has any: own ones, then, where the reach goes on, what others share, then what is public.
 */
export async function imagesMeant(at: Account, name: Name, reach: Reach, call: Call): Promise<readonly Image[]> {
  const further = reach === 'own' ? [] : (at.verb('list').others ?? []);
  for (const circle of ['own', ...further] as const) {
    const found = await imagesIn(at, circles[circle], name, call);
    if (found.length > 0) return found;
  }
  return [];
}

interface Name {
  readonly text: string;
  readonly isGlob?: boolean;
  readonly lists?: Lists | undefined;
}

/** The caller's own images with exactly this name: they alone make a name taken, and are what a change by name may reach. */
export const imagesNamed = (at: Account, name: string, call: Call): Promise<readonly Image[]> =>
  imagesIn(at, circles.own, { text: name }, call);

async function imagesIn(at: Account, { scope, filters }: Circle, name: Name, call: Call): Promise<readonly Image[]> {
  if (name.lists && !at.verb('list').filters.includes('name')) {
    const key = JSON.stringify([at.profile, scope, filters]);
    const list = name.lists.get(key) ?? byName(at, { scope, filters }, call);
    name.lists.set(key, list);
    return (await list).get(name.text) ?? [];
  }
  const pattern = name.isGlob ? globPattern(name.text) : undefined;
  const exact: Image[] = [];
  const matching: Image[] = [];
  // A name with signs of a glob cannot be asked for: as a filter it is one.
  const asked = isGlob(name.text) ? filters : { ...filters, name: name.text };
  for await (const image of listing(at, { ...wholeListing, scope, filters: asked, hidden: true }, call)) {
    if (image.status === 'deleted') continue;
    if (image.name === name.text) exact.push(image);
    else if (pattern?.test(image.name) && image.hidden !== true) matching.push(image);
  }
  return exact.length > 0 ? exact : matching;
}

/** All images of a circle. */
async function byName(at: Account, { scope, filters }: Circle, call: Call): Promise<ReadonlyMap<string, readonly Image[]>> {
  const names = new Map<string, Image[]>();
  for await (const image of listing(at, { ...wholeListing, scope, filters, hidden: true }, call)) {
    if (image.status === 'deleted') continue;
    const same = names.get(image.name);
    if (same) same.push(image);
    else names.set(image.name, [image]);
  }
  return names;
}

/** NOT_FOUND; images of that name which are out of reach are told with their ids, else names that are near. */
async function missing(at: Account, text: string, error: ImgctlError, call: Call): Promise<ImgctlError> {
  // What cannot be an id was meant as a name: how ids look is no answer to that.
  const { hint: _how, ...said } = error.circumstances;
  const circumstances: Circumstances = error.code === 'USAGE' ? said : error.circumstances;
  // Nothing is like an id: no list is asked for what may have been meant.
  const isId = at.driver.ids.test(text) && !at.driver.idsAreWords;
  if (isId && reasonIn(circumstances) !== '') return notFoundError(`no such image in ${at.profile}: ${text}`, circumstances);
  const others = await imagesIn(at, { scope: at.verb('list').publicByOwner ? 'mine' : 'all', filters: {} }, { text }, call);
  const offers = others.length === 0 ? await offered(at, text, call) : [];
  const accepting = commandLine({ verb: 'share', args: [{ inProfile: 'ID' }], options: { accept: true } }, at);
  if (offers.length > 0)
    return notFoundError(`"${text}" in ${at.profile} is an offer that is not accepted`, {
      ...circumstances,
      hint: [`Accept it, if you trust its owner, with: ${accepting}`, ...candidates(offers)].join('\n'),
    });
  if (others.length === 0)
    return notFoundError(`no such image in ${at.profile}: ${text}`, {
      ...circumstances,
      hint: [reasonIn(circumstances), await nearestImages(at, text, call)].filter(Boolean).join('\n'),
    });
  return notFoundError(`no image of your own is called "${text}" in ${at.profile}`, {
    ...circumstances,
    hint: ["Others' images of that name are reached by id:", ...candidates(others)].join('\n'),
  });
}

/** What others offer to us under this name. */
async function offered(at: Account, text: string, call: Call): Promise<readonly Image[]> {
  const offers = at.driver.facts.share?.offers;
  if (!offers) return [];
  const found: Image[] = [];
  for await (const image of listing(at, { ...wholeListing, filters: { name: text }, own: [offers] }, call))
    if (image.name === text) found.push(image);
  return found;
}

/** Why an image is gone, where the provider tells; how to list what there is is said anyway. */
const reasonIn = ({ hint = '' }: Circumstances): string => (hint.includes(commandLine({ verb: 'list' }, nowhere)) ? '' : hint);

/** The one that is meant. Throws CONFLICT, with the candidates, where that is none of them or not clear. */
export function chosen(images: readonly Image[], text: string, { pick, among = ['active'] }: Meaning): Image {
  const byAge = [...images].sort((a, b) => compareImages(a, b, [{ field: 'createdAt', descending: pick !== 'oldest' }]));
  const [first, ...others] = pick ? byAge.filter(({ status }) => among.includes(status)) : byAge;
  if (first && (pick || others.length === 0)) return first;
  const what = first ? `"${text}" matches ${byAge.length} images:` : `no image that matches "${text}" is ${among.join(' or ')}:`;
  const advice = first ? ['Use an id, or --latest for the newest active one.'] : ['Use an id.'];
  throw conflictError(what, { hint: [...candidates(byAge), ...advice].join('\n') });
}

/** Images that a name may mean, a line each. */
export function candidates(images: readonly Image[]): readonly string[] {
  const named = images.some(({ name }) => name !== images[0]?.name);
  const shown = images
    .slice(0, candidatesShown)
    .map(({ id, name, owner = '-', status, createdAt = '-' }) =>
      ['', id, ...(named ? [name] : []), owner, status, createdAt].join('  '),
    );
  return images.length > candidatesShown ? [...shown, `  and ${images.length - candidatesShown} more`] : shown;
}

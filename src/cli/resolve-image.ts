import { conflictError, ImgctlError, notFoundError, usageError } from '../core/errors.ts';
import { isGlob } from '../core/filter.ts';
import type { Image } from '../core/image.ts';
import type { Call } from '../core/operation.ts';
import { nearest } from '../ui/nearest.ts';
import type { At } from './command.ts';
import { compareImages, listing, wholeListing } from './listing.ts';

/** Which of several images with one name is meant. Absent: that is an error. */
export type Pick = 'latest' | 'oldest' | undefined;

const hostile = /\p{Cc}/u;
const candidatesShown = 10;

/**
 * The id of an image named by id or exact name. A text that can only be an id is taken as it is, without a request.
 * Throws NOT_FOUND, or CONFLICT with the candidates when the name fits more than one and no `pick` was made.
 */
export async function imageId(at: At, text: string, pick: Pick, call: Call): Promise<string> {
  if (text === '') throw usageError('no image was named', { hint: `imgctl list -p ${at.profile} shows them` });
  if (hostile.test(text)) throw usageError('the name of an image holds no control characters');
  if (at.driver.ids.test(text)) return text;
  const named = await imagesNamed(at, text, call);
  if (named.length > 0) return chosen(named, text, pick).id;
  return (await shownAs(at, text, call)).id;
}

/** Every image of the caller's with exactly this name. */
export async function imagesNamed(at: At, name: string, call: Call): Promise<readonly Image[]> {
  const found: Image[] = [];
  const filters = isGlob(name) ? {} : { name };
  for await (const image of listing(at, { ...wholeListing, filters, scope: 'all', hidden: true }, call))
    if (image.name === name && image.status !== 'deleted') found.push(image);
  return found;
}

async function shownAs(at: At, id: string, call: Call): Promise<{ readonly id: string }> {
  try {
    return await at.verb('show').run({ id }, call);
  } catch (error) {
    // It is there under that id, and damaged: to remove it is what is left to do.
    if (error instanceof ImgctlError && error.code === 'INTEGRITY') return { id };
    if (!(error instanceof ImgctlError) || (error.code !== 'NOT_FOUND' && error.code !== 'USAGE')) throw error;
    throw notFoundError(`there is no image "${id}" in ${at.profile}`, {
      ...error.circumstances,
      hint: await nearestImages(at, id, call),
    });
  }
}

async function nearestImages(at: At, text: string, call: Call): Promise<string> {
  const names = new Set<string>();
  for await (const image of listing(at, { ...wholeListing, limit: 1000 }, call)) names.add(image.name);
  const close = nearest(text, [...names]);
  return close.length > 0 ? `did you mean ${close.join(' or ')}?` : `imgctl list -p ${at.profile} shows them`;
}

function chosen(images: readonly Image[], name: string, pick: Pick): Image {
  const [only, ...others] = images;
  if (only && others.length === 0) return only;
  const byAge = [...images].sort((a, b) => compareImages(a, b, [{ field: 'createdAt', descending: pick !== 'oldest' }]));
  if (pick && byAge[0]) return byAge[0];
  const shown = byAge.slice(0, candidatesShown).map((image) => `  ${image.id}  ${image.status}  ${image.createdAt ?? '-'}`);
  const more = byAge.length > candidatesShown ? [`  and ${byAge.length - candidatesShown} more`] : [];
  throw conflictError(`"${name}" fits ${images.length} images`, {
    hint: ['name one by its id, or take the newest with --latest:', ...shown, ...more].join('\n'),
  });
}

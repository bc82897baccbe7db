import type { DesiredRow } from '../../core/desired.ts';
import { imageFrom, type Image } from '../../core/image.ts';
import { markChanges, marksOf, wantedMark } from '../../core/marks.ts';
import type { Changes } from '../../core/operation.ts';
import { rowOf, type Case } from './case.ts';
import type { Drift } from './drift.ts';
import { newestFirst } from './retirement.ts';

/*
 * Prune knows nothing of the manifest: it keeps the newest. An image that is wanted although one of its series counts as newer bears a mark
 * that says so; in the usual course of things, none does.
 */

/** What one that is there lacks of that mark. */
export function againstAge(one: Case, image: Image): Drift {
  if (!one.can.marks || marksOf(image).wanted !== undefined || isNewest(one, image)) return { changes: {}, words: [] };
  return { changes: markChanges(image, { wanted: 'yes' }) ?? {}, words: ['one that is newer is not wanted'] };
}

/** The same, for one that is yet to be made. */
export function bornAgainstAge(one: Case): { readonly changes?: Changes } {
  const { image: name, profile, properties } = one.wanted;
  const record = { id: '', name, status: 'active', providerStatus: '', tags: [], properties, places: [], raw: {} } as const;
  const made = imageFrom(record, { profile, provider: '' });
  return !one.can.marks || isNewest(one, made) ? {} : { changes: { properties: wantedMark } };
}

/** Others that bear the mark lose it, once the one that is wanted now is there. */
export const wantedNoMore = (one: Case, current?: Image): readonly DesiredRow[] =>
  one.ours
    .map(({ image }) => image)
    .filter((image) => image.id !== current?.id && marksOf(image).wanted !== undefined)
    .map((image) =>
      rowOf(one, 'property', 'it is not wanted any more', image, { changes: markChanges(image, { wanted: null }) ?? {} }),
    );

function isNewest({ ours }: Case, image: Image): boolean {
  const others = ours.map((seen) => seen.image).filter(({ id }) => id !== image.id);
  return newestFirst([...others, image], (each) => each)[0] === image;
}

import type { DesiredRow } from '../../core/desired.ts';
import { imageFrom, type Image } from '../../core/image.ts';
import { markChanges, marksOf, wantedMark } from '../../core/marks.ts';
import type { Changes } from '../../core/operation.ts';
import type { Properties } from '../../core/provenance.ts';
import { rowOf, type Case } from './case.ts';
import type { Drift } from './drift.ts';
import type { Version } from './manifest.ts';
import { newestFirst } from './retirement.ts';

/*
 * Prune knows nothing of the manifest: it keeps the newest. An image that is wanted although one of its series counts as newer bears a mark
 * that says so; in the usual course of things, none does.
 */

/** What one that is there lacks of that mark. */
export function againstAge(one: Case, image: Image): Drift {
  const { changes: lacking } = bornAgainstAge(one, image);
  if (!lacking || marksOf(image).wanted !== undefined) return { changes: {}, words: [] };
  // One that has no marks yet gets all of them at once.
  const changes = marksOf(image).managed === undefined ? lacking : (markChanges(image, { wanted: 'yes' }) ?? {});
  return { changes, words: ['prune does not know that it is wanted'] };
}

/** The same, for one that is yet to be made. Of several versions that are wanted each has it. */
export function bornAgainstAge(one: Case, image = imageToBe(one)): { readonly changes?: Changes } {
  const isSafe = one.wanted.written?.series === undefined && isNewest(one, image);
  return !one.can.marks || isSafe ? {} : { changes: { properties: wantedMark } };
}

function imageToBe({ wanted: { image: name, profile, properties } }: Case): Image {
  const record = { id: '', name, status: 'active', providerStatus: '', tags: [], properties, places: [], raw: {} } as const;
  return imageFrom(record, { profile, provider: '' });
}

/** Others that bear the mark lose it, once the one that is wanted now is there, and say that they are superseded. */
export function wantedNoMore(one: Case, current?: Image): readonly DesiredRow[] {
  const { written } = one.wanted;
  if (written?.isNewest === false) return [];
  return one.ours
    .filter(({ image, isListed }) => image.id !== current?.id && isListed !== true)
    .flatMap(({ image }) => {
      const marks = marksOf(image).wanted === undefined ? undefined : markChanges(image, { wanted: null });
      const properties = supersededIn(image, written);
      if (!marks && !properties) return [];
      const changes = { ...marks, ...(properties ? { properties: { ...marks?.properties, ...properties } } : {}) };
      return [rowOf(one, 'property', 'it is not wanted any more', image, { changes })];
    });
}

function supersededIn({ properties, architecture }: Image, written: Version | undefined): Properties | undefined {
  const { where, properties: then } = written?.superseded ?? {};
  const there: Readonly<Record<string, string | undefined>> = { ...properties, architecture };
  return where && Object.entries(where).every(([name, value]) => there[name] === value) ? then : undefined;
}

function isNewest({ ours }: Case, image: Image): boolean {
  const others = ours.map((seen) => seen.image).filter(({ id }) => id !== image.id);
  return newestFirst([...others, image], (each) => each)[0] === image;
}

import type { DesiredRow } from '../../core/desired.ts';
import type { Image } from '../../core/image.ts';
import { managedByHand, marksOf } from '../../core/marks.ts';
import { blockedRow, rowOf, versionedName, versionOf, type Case } from './case.ts';

/** The name under which a version is made while an older one has the plain name. */
export const ownVersionedName = ({ wanted: { name, version, written } }: Case): string =>
  versionedName(name, version, written?.separator);

/** Others of ours that have the plain name. */
export const holdersOf = ({ ours, wanted: { name } }: Case, but?: Image): readonly Image[] =>
  ours.map(({ image }) => image).filter((image) => image.name === name && image.id !== but?.id);

/** The manifest that an image is of, where it is not of this one; absent: of none, so that it can be taken over. */
export function otherManifest(image: Image): string | undefined {
  const { managed } = marksOf(image);
  return managed === managedByHand ? undefined : managed;
}

/** Why a name cannot be had: an image of this account that is not of this manifest has it. Absent: it can. */
export function takenRow(one: Case, name: string, but?: Image): DesiredRow | undefined {
  const other = one.others.find(({ image }) => image.name === name && image.id !== but?.id);
  if (!other) return undefined;
  const { id } = other.image;
  const theirs = otherManifest(other.image);
  if (theirs !== undefined) {
    const hint = 'Choose another displayName, or take the image out of one of the two manifests.';
    return blockedRow(one, other.image, `"${name}" is taken by ${id}, which is of the manifest "${theirs}"`, 'CONFLICT', hint);
  }
  const hint = one.can.marks
    ? 'Rename it, delete it, or choose another displayName.'
    : 'This provider keeps no marks by which an older one could be told to be of this manifest: put {{serial}} into displayName.';
  const what = other.isSame ? 'is not of this manifest' : 'has other content and is not of this manifest';
  return blockedRow(one, other.image, `"${name}" is taken by ${id}, which ${what}`, 'CONFLICT', hint);
}

/**
 * How an image comes by the plain name, `image` absent: one that is yet to be made. Of older ones of ours that have it each gets its version
 * behind it, the last of them in the moment in which this one takes it. `isFree`: it takes a name that nobody has.
 */
export function namingOf(one: Case, image?: Image): { readonly isFree: boolean; readonly rows: readonly DesiredRow[] } {
  const { name, written } = one.wanted;
  const holders = holdersOf(one, image);
  // An older one goes by the plain name until the newest takes that.
  const hasIt = image?.name === name || (written?.isNewest === false && image?.name === written.plainName);
  const refused = hasIt ? undefined : takenRow(one, name, image);
  if (refused) return { isFree: false, rows: [refused] };
  if (holders.length === 0) return { isFree: !hasIt, rows: [] };
  if (!one.can.patch.includes('name')) {
    const reason = `${holders[0]?.id ?? ''} has the name "${name}" so far, and this provider cannot rename`;
    return { isFree: false, rows: [blockedRow(one, holders[0], reason, 'UNSUPPORTED', 'Put {{serial}} into displayName.')] };
  }
  const used = new Set([...one.ours, ...one.others].map((seen) => seen.image.name)).add(ownVersionedName(one));
  const freed = holders.map((holder) => {
    const usual = versionedName(name, versionOf(holder, written), written?.separator);
    const free = used.has(usual) ? versionedName(name, holder.id, written?.separator) : usual;
    used.add(free);
    return { holder, free };
  });
  const last = hasIt ? undefined : freed.pop();
  const others = freed.map(({ holder, free }) =>
    rowOf(one, 'property', `"${name}" is the name of another one too`, holder, { changes: { name: free } }),
  );
  if (!last) return { isFree: false, rows: others };
  const { id } = last.holder;
  const from = { id, name: last.free };
  return {
    isFree: false,
    rows: [...others, rowOf(one, 'retarget', `"${name}" is ${id} so far, which becomes "${last.free}"`, image, { from })],
  };
}

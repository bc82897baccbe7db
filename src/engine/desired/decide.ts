import type { DesiredRow } from '../../core/desired.ts';
import { contentProperties, type Image } from '../../core/image.ts';
import { marksOf } from '../../core/marks.ts';
import type { Changes } from '../../core/operation.ts';
import { areOfOneProduct, compareSerials, provenanceIn } from '../../core/provenance.ts';
import { blockedRow, caseOf, meantOf, rowOf, versionOf, type Abilities, type Case, type Seen, type Wanted } from './case.ts';
import { fieldsChanged } from '../operations/fields.ts';
import { driftOf, fitting, unretired } from './drift.ts';
import { againstAge, bornAgainstAge, wantedNoMore } from './wanted-mark.ts';
import { holdersOf, namingOf, otherManifest, ownVersionedName, takenRow } from './names.ts';

/**
 * What is to be done so that what is wanted is there, in the order in which it is done; none: nothing. What is there is told by its
 * content and its marks. An image that is of no manifest is taken over where it has the name and the content, and left alone else.
 */
export function decide(wanted: Wanted, seen: readonly Seen[], can: Abilities): readonly DesiredRow[] {
  const one = caseOf(wanted, seen, can);
  const newer = newerRow(one);
  if (newer) return [newer];
  const strange = strangePlace(one);
  if (strange) return [strange];
  const left = can.delete
    ? one.left.map((image) => rowOf(one, 'delete', 'an earlier run began it, and it has no data', image))
    : [];
  return [...left, ...mainRows(one)];
}

/** The image that is there and is what is wanted. `isTaken`: it is not marked, and is to be. */
export function currentOf(one: Case): { readonly image: Image; readonly isTaken: boolean } | undefined {
  const { wanted, can } = one;
  const holding = (among: readonly Seen[]): Image | undefined =>
    meantOf(
      among.filter(({ isSame }) => isSame).map(({ image }) => image),
      wanted.name,
    );
  const current = holding(one.ours);
  if (current)
    return {
      image: current,
      isTaken: one.ours.some(({ image, isUnmarked }) => image === current && isUnmarked === true),
    };
  const names = [wanted.name, ownVersionedName(one)];
  const unmarked = holding(one.others.filter(({ image }) => names.includes(image.name) && otherManifest(image) === undefined));
  return unmarked && { image: unmarked, isTaken: can.marks };
}

function mainRows(one: Case): readonly DesiredRow[] {
  const current = currentOf(one);
  return current ? asItIs(one, current.image, current.isTaken) : anew(one);
}

/** It is there: what differs. `isTaken`: it is not marked, and is to be. */
function asItIs(one: Case, image: Image, isTaken: boolean): readonly DesiredRow[] {
  const { revoked } = marksOf(image);
  if (revoked !== undefined && !one.wanted.isInactive)
    return [blockedRow(one, image, `it has the content that is wanted, and was revoked: ${revoked}`, 'CONFLICT', revokedHint)];
  const isOut = image.status === 'inactive';
  // Who was retired comes back; who was taken out of use by somebody does not.
  const isRetired = isOut && !one.wanted.isInactive && marksOf(image).retired !== undefined && one.can.reactivate === true;
  if (isOut && !one.wanted.isInactive && !isRetired) return [blockedRow(one, image, outOfUse, 'CONFLICT', outOfUseHint)];
  if (image.status !== 'active' && !isOut) {
    const hint = 'Wait until it is active, and try again.';
    return [blockedRow(one, image, `it is being made (${image.providerStatus || image.status})`, 'CONFLICT', hint)];
  }
  const { wanted, can } = one;
  const drift = driftOf(image, fitting(wanted, image));
  const back = isRetired ? { changes: {}, words: [] } : unretired(image, wanted.labels);
  const kept = againstAge(one, image);
  // Who was killed once the data was there had not kept what disk it is.
  const isUnknown = isTaken && image.contentId === undefined && wanted.contentId !== undefined;
  const content = isUnknown ? contentProperties(wanted.contentId, image.checksums) : {};
  const properties = { ...drift.changes.properties, ...back.changes.properties, ...kept.changes.properties, ...content };
  const changes: Changes = {
    ...drift.changes,
    ...back.changes,
    ...kept.changes,
    ...(Object.keys(properties).length > 0 ? { properties } : {}),
  };
  const words = [...drift.words, ...back.words, ...kept.words];
  const fixed = fieldsChanged(changes).filter((field) => !can.patch.some((known) => known === field));
  if (fixed.length > 0)
    return [blockedRow(one, image, `${words.join('; ')}; this provider cannot change ${fixed.join(', ')}`, 'UNSUPPORTED')];
  const naming = namingOf(one, image);
  const refused = naming.rows.find((row) => row.action === 'blocked');
  if (refused) return [refused];
  if (naming.isFree && !can.patch.includes('name'))
    return [blockedRow(one, image, `it is called "${image.name}", and this provider cannot rename`, 'UNSUPPORTED')];
  const all = naming.isFree ? { ...changes, name: wanted.name } : changes;
  const reasons = naming.isFree ? [`it is called "${image.name}"`, ...words] : words;
  const action = isTaken ? 'reuse' : reasons.length === 1 && changes.hidden === true ? 'hide' : 'property';
  const reason = [...(isTaken ? [wanted.isRetiredLater ? unmarkedYet : 'it is there, and not marked yet'] : []), ...reasons].join(
    '; ',
  );
  return [
    ...(isRetired ? [rowOf(one, 'property', 'it is retired, and wanted again', image, { retirement: 'unretire' })] : []),
    ...(reason === '' ? [] : [rowOf(one, action, reason, image, { changes: all })]),
    ...naming.rows,
    ...placeRows(one, image),
    ...(isOut ? [] : outOfUseRows(one, image)),
    ...wantedNoMore(one, image),
  ];
}

const unmarkedYet = 'it is there, and not marked yet: from then on it is retired, and later deleted, when newer ones replace it';
const outOfUse = 'it has the content that is wanted, and is inactive: somebody has taken it out of use';
const outOfUseHint = 'Reactivate it, delete it, or take the image out of the manifest.';
const revokedHint = 'Take another version as its source, or take the image out of the manifest.';

/** It is not there. Where an older one of ours has its name it is made under a name of its own first: there always is one. */
function anew(one: Case): readonly DesiredRow[] {
  const { content, properties, places, isExactly } = one.wanted;
  const naming = namingOf(one);
  const refused = naming.rows.find((row) => row.action === 'blocked');
  if (refused) return [refused];
  if (places.length > 0 && !one.can.replicate) return [blockedRow(one, undefined, noPlaces(places), 'UNSUPPORTED')];
  const [holder] = holdersOf(one);
  const { serial } = provenanceIn(properties);
  const what = serial === undefined ? 'new content' : `new serial ${serial}`;
  const reason =
    one.ours.length === 0
      ? 'it is not there'
      : holder
        ? `${what}; ${holder.id} is ${versionOf(holder, one.wanted.written)}`
        : what;
  const made = {
    content,
    ...bornAgainstAge(one),
    ...(places.length > 0 ? { places: isExactly ? { exactly: places } : { add: places } } : {}),
  };
  if (naming.isFree) return [rowOf(one, 'add', reason, undefined, made), ...outOfUseRows(one), ...wantedNoMore(one)];
  const first = ownVersionedName(one);
  const inTheWay = takenRow(one, first);
  if (inTheWay) return [inTheWay];
  return [
    rowOf(one, 'add', reason, undefined, { ...made, name: first }),
    ...naming.rows,
    ...outOfUseRows(one),
    ...wantedNoMore(one),
  ];
}

function outOfUseRows(one: Case, image?: Image): readonly DesiredRow[] {
  if (!one.wanted.isInactive) return [];
  const reason = 'it is to be out of use';
  return one.can.deactivate
    ? [rowOf(one, 'deactivate', reason, image)]
    : [blockedRow(one, image, `${reason}, and this provider cannot deactivate`, 'UNSUPPORTED')];
}

/** What is to stay is there before anything goes. */
function placeRows(one: Case, image: Image): readonly DesiredRow[] {
  const { places, isExactly } = one.wanted;
  if (places.length === 0) return [];
  const there = image.places.filter(({ status }) => status !== 'deleting' && status !== 'deleted').map(({ name }) => name);
  const missing = places.filter((place) => !there.includes(place));
  const extra = isExactly ? there.filter((place) => !places.includes(place)) : [];
  if (missing.length === 0 && extra.length === 0) return [];
  if (!one.can.replicate) return [blockedRow(one, image, noPlaces(missing), 'UNSUPPORTED')];
  const adding = rowOf(one, 'add', `it is not in ${missing.join(', ')}`, image, { places: { add: missing } });
  const removing = rowOf(one, 'shrink-places', `it is in ${extra.join(', ')} too`, image, { places: { exactly: places } });
  return [...(missing.length > 0 ? [adding] : []), ...(extra.length > 0 ? [removing] : [])];
}

/** Before a byte is sent to the one place from which it could not go on. */
function strangePlace(one: Case): DesiredRow | undefined {
  const { places: known } = one.can;
  const strange = known && one.wanted.places.find((place) => !known.includes(place));
  return strange === undefined
    ? undefined
    : blockedRow(one, undefined, `no such place: ${strange}`, 'NOT_FOUND', `Places: ${known?.join(', ') ?? ''}`);
}

const noPlaces = (wanted: readonly string[]): string =>
  `it is to be in ${wanted.join(', ')}, and this provider has no places to copy to`;

/** A newer one of ours is there: an index of yesterday is rightly signed too. */
function newerRow(one: Case): DesiredRow | undefined {
  const { properties, allowDowngrade } = one.wanted;
  const { serial } = provenanceIn(properties);
  // What is written by hand is meant so.
  if (serial === undefined || allowDowngrade || one.wanted.written) return undefined;
  const serialOf = ({ image }: Seen): string | undefined => provenanceIn(image.properties).serial;
  const newer = one.ours.find((seen) => {
    const counts = seen.image.status === 'active' && marksOf(seen.image).revoked === undefined;
    const there = counts ? serialOf(seen) : undefined;
    const isOther = areOfOneProduct(seen.image.properties, properties) === false;
    return there !== undefined && !isOther && compareSerials(there, serial) > 0;
  });
  if (!newer) return undefined;
  const reason = `it is newer: it has the serial ${serialOf(newer) ?? ''}, and the source has ${serial}`;
  return blockedRow(one, newer.image, reason, 'CONFLICT', 'Use --allow-downgrade to take the older one.');
}

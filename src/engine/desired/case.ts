import type { DesiredRow } from '../../core/desired.ts';
import type { Image, Status } from '../../core/image.ts';
import type { Description, Editable } from '../../core/operation.ts';
import type { Version } from './manifest.ts';
import { provenanceIn } from '../../core/provenance.ts';

/** What is wanted in one profile. */
export interface Wanted {
  /** Name of the image in the manifest. */
  readonly image: string;
  readonly profile: string;
  /** What it is called there. */
  readonly name: string;
  /** What tells it from other contents of the same name: its serial, else a part of its digest. */
  readonly version: string;
  /** What it is made of, by its digest or id. */
  readonly content: string;
  /** Content id of its disk. Absent: it is not known. */
  readonly contentId?: string | undefined;
  /** Properties of the source: where it comes from. */
  readonly properties: Readonly<Record<string, string>>;
  readonly labels: Omit<Description, 'name'>;
  readonly places: readonly string[];
  readonly isExactly: boolean;
  /** An older serial than what is there may be taken. */
  readonly allowDowngrade: boolean;
  readonly written?: Version | undefined;
  readonly fitsDisk?: boolean | undefined;
  readonly isInactive?: boolean | undefined;
  /** Once newer versions are there it is retired, and later deleted. */
  readonly isRetiredLater?: boolean | undefined;
}

/** An image that is there, and what it has to do with what is wanted. */
export interface Seen {
  readonly image: Image;
  /** It is marked as this image of this manifest. */
  readonly isOurs: boolean;
  /** An earlier run has begun it, and not marked it. */
  readonly isBegun: boolean;
  /** It holds what is wanted. */
  readonly isSame: boolean;
  /** It is ours by the word of another tool, and not marked yet. */
  readonly isUnmarked?: boolean;
  /** It holds another version that is wanted too. */
  readonly isListed?: boolean;
}

/** What the provider can do. */
export interface Abilities {
  /** Fields of a record that can be changed. */
  readonly patch: readonly Editable[];
  /** It keeps marks. */
  readonly marks: boolean;
  readonly delete: boolean;
  readonly replicate: boolean;
  /** Names of the places that there are. Absent: nobody wants any, or they are not known. */
  readonly places?: readonly string[] | undefined;
  readonly deactivate?: boolean;
  readonly reactivate?: boolean;
}

/** One image in one profile, to be decided about. */
export interface Case {
  readonly wanted: Wanted;
  readonly can: Abilities;
  /** Records that an earlier run has left without data. */
  readonly left: readonly Image[];
  readonly ours: readonly Seen[];
  readonly others: readonly Seen[];
}

const empty: readonly Status[] = ['queued', 'failed'];

export function caseOf(wanted: Wanted, seen: readonly Seen[], can: Abilities): Case {
  const isLeft = ({ image, isOurs, isBegun }: Seen): boolean => (isOurs || isBegun) && empty.includes(image.status);
  const rest = seen.filter((one) => !isLeft(one));
  return {
    wanted,
    can,
    left: seen.filter(isLeft).map(({ image }) => image),
    ours: rest.filter(({ isOurs }) => isOurs),
    others: rest.filter(({ isOurs }) => !isOurs),
  };
}

/** The name of an image that does not bear the plain one, since another version does. */
export const versionedName = (name: string, version: string, separator = ' '): string => `${name}${separator}(${version})`;

/** By what is written of it, its serial, else by when it was made, else by its id. */
export function versionOf({ id, properties, createdAt }: Image, written?: Version): string {
  const label = written && properties[written.property];
  return label ?? provenanceIn(properties).serial ?? createdAt?.slice(0, 19).replace(/[-:]/g, '') ?? id.slice(0, 13);
}

/** Which of several that hold the same is meant: what can be used first, then what has the name, then the newest. */
export function meantOf(images: readonly Image[], name: string): Image | undefined {
  const order: readonly Status[] = ['active', 'pending', 'inactive'];
  const rank = ({ status }: Image): number => (order.includes(status) ? order.indexOf(status) : order.length);
  const byUse = (a: Image, b: Image): number => {
    const named = Number(b.name === name) - Number(a.name === name);
    return rank(a) - rank(b) || named || ((a.createdAt ?? '') < (b.createdAt ?? '') ? 1 : -1);
  };
  return images.toSorted(byUse)[0];
}

/** A row about an image that is there, or about one that is to be made. */
export function rowOf(
  { wanted: { image: logical, profile, name } }: Case,
  action: DesiredRow['action'],
  reason: string,
  image?: Image,
  more: Partial<DesiredRow> = {},
): DesiredRow {
  return {
    image: logical,
    profile,
    action,
    ...(image ? seenAs(image) : {}),
    name: image && action !== 'retarget' ? image.name : name,
    reason,
    irreversible: action === 'shrink-places',
    ...more,
  };
}

/** What a row says of an image that is there. */
export const seenAs = ({ id, updatedAt, contentId }: Image): Pick<DesiredRow, 'id' | 'updatedAt' | 'contentId'> => ({
  id,
  ...(updatedAt === undefined ? {} : { updatedAt }),
  ...(contentId === undefined ? {} : { contentId }),
});

/** A row of what cannot be done as things are: the kind of failure, and what to do. */
export const blockedRow = (
  one: Case,
  image: Image | undefined,
  reason: string,
  code: 'CONFLICT' | 'NOT_FOUND' | 'UNSUPPORTED',
  hint?: string,
): DesiredRow => ({ ...rowOf(one, 'blocked', reason, image), code, ...(hint === undefined ? {} : { hint }) });

import { given, type ImageRecord } from './image.ts';
import type { Changes } from './operation.ts';

/*
 * Marks are properties by which imgctl, and anybody's tool, sees what was decided about an image. Clouds hand properties on: to the
 * snapshots of a server that runs on the image, to copies made with its tags. So the marks of an image name it, and those on any other
 * one say nothing.
 */

/** What is decided about an image. An absent field: nothing. */
export interface Marks {
  /** By what it is managed: the id of a manifest, or `yes`. Only what is managed is ever retired. */
  readonly managed?: string;
  /** The logical name, under which images follow each other whatever they are called. */
  readonly name?: string;
  /** When imgctl retired it, as RFC 3339. */
  readonly retired?: string;
  /** `yes`: its manifest wants it although it is not the newest, so that it is never retired for its age. */
  readonly wanted?: string;
  /** Why its content was revoked. */
  readonly revoked?: string;
}

/** What an image says of a channel, as it is written. */
export interface ChannelWords {
  /** The name under which the channel points to it. Absent: the channel does not. */
  readonly target?: string;
  /** When it was the target: `readChannelLog`. */
  readonly log?: string;
}

type Marked = Pick<ImageRecord, 'id' | 'properties'>;

const fields = ['managed', 'name', 'retired', 'revoked', 'wanted'] as const satisfies readonly (keyof Marks)[];
const propertyOf = (field: keyof Marks): string => `imgctl.${field}`;

/** The id of the image that the marks beside it are meant for. */
const marksOfProperty = 'imgctl.marksOf';
const channelPrefix = 'imgctl.channel.';
const channelLogPrefix = 'imgctl.channelLog.';

/** What an image is managed by that somebody has marked, and no manifest. */
export const managedByHand = 'yes';

/** The property that says since when an image is retired. */
export const retiredProperty = propertyOf('retired');

/** What an image has from the beginning that its manifest wants although it is not the newest. */
export const wantedMark: Readonly<Record<string, string>> = { [propertyOf('wanted')]: 'yes' };

/** The property by which a channel points to an image: its value is the name, so that any tool can ask for it. */
export const channelProperty = (channel: string): string => `${channelPrefix}${channel}`;
/** The property that says when a channel pointed to it. */
export const channelLogProperty = (channel: string): string => `${channelLogPrefix}${channel}`;
/** The channel that such a property is about; absent: it is none. */
export const channelOfLog = (property: string): string | undefined =>
  property.startsWith(channelLogPrefix) ? property.slice(channelLogPrefix.length) : undefined;

/** The property that says why the content of an image was revoked. */
export const revokedProperty = propertyOf('revoked');

/** Whether a property is a mark, in any case: some providers do not tell cases apart. Of a copy they stay behind. */
export const isMarkProperty = (name: string): boolean =>
  /^imgctl\.(?:(?:managed|name|retired|revoked|wanted|marksOf)$|channel(?:Log)?\.)/i.test(name);

/**
 * What a mark goes with, in any case of its name: the channel that it is of, or that the image is managed. Absent: it is none, or stands
 * for itself, as that of a revocation does.
 */
export function markBelongsTo(name: string): { readonly channel: string } | 'managed' | undefined {
  const channel = /^imgctl\.channel(?:Log)?\.(.*)$/i.exec(name)?.[1];
  if (channel !== undefined) return { channel };
  return isMarkProperty(name) && name.toLowerCase() !== propertyOf('revoked') ? 'managed' : undefined;
}

const areItsOwn = ({ id, properties }: Marked): boolean => properties[marksOfProperty] === id;

/** The marks of an image; none where they were meant for another one. Whoever may change the image may have written them. */
export function marksOf(image: Marked): Marks {
  if (!areItsOwn(image)) return {};
  const { managed, name, retired, revoked, wanted } = Object.fromEntries(
    fields.map((field) => [field, image.properties[propertyOf(field)]]),
  );
  return given<Marks>({
    managed: managed || undefined,
    name: name || undefined,
    retired: retired === undefined || Number.isNaN(Date.parse(retired)) ? undefined : retired,
    revoked: revoked || undefined,
    wanted: wanted || undefined,
  });
}

const none: ReadonlyMap<string, ChannelWords> = new Map();

/** The channels that point to an image, or did, by name. As `marksOf`. */
export function channelsOf(image: Marked): ReadonlyMap<string, ChannelWords> {
  if (!areItsOwn(image)) return none;
  const channels = new Map<string, ChannelWords>();
  for (const [property, value] of Object.entries(image.properties)) {
    const [prefix, field] = property.startsWith(channelPrefix) ? [channelPrefix, 'target'] : [channelLogPrefix, 'log'];
    if (value === '' || !property.startsWith(prefix)) continue;
    const channel = property.slice(prefix.length);
    channels.set(channel, { ...channels.get(channel), [field]: value });
  }
  return channels;
}

/** Marks to be set; null takes one away, one that is not named stays. */
export type MarkWishes = { readonly [Field in keyof Marks]?: Marks[Field] | null } & {
  readonly channels?: Readonly<Record<string, { readonly [Field in keyof ChannelWords]?: string | null }>>;
};

/**
 * The change of a record after which it has these marks. What was handed on from another image goes; where no mark is left, so does
 * the id. Absent: it is so already.
 */
export function markChanges(
  image: Marked,
  { channels = {}, ...wishes }: MarkWishes,
): Pick<Changes, 'properties' | 'removeProperties'> | undefined {
  const there = Object.keys(image.properties).filter(isMarkProperty);
  const wanted = new Map(areItsOwn(image) ? there.map((name) => [name, image.properties[name] ?? '']) : []);
  const wish = (name: string, value: string | null | undefined): void => {
    if (value === null) wanted.delete(name);
    else if (value !== undefined) wanted.set(name, value);
  };
  for (const field of fields) wish(propertyOf(field), wishes[field]);
  for (const [channel, { target, log }] of Object.entries(channels)) {
    wish(channelProperty(channel), target);
    wish(channelLogProperty(channel), log);
  }
  wanted.delete(marksOfProperty);
  if (wanted.size > 0) wanted.set(marksOfProperty, image.id);
  const set = [...wanted].filter(([name, value]) => image.properties[name] !== value);
  const gone = there.filter((name) => !wanted.has(name));
  if (set.length === 0 && gone.length === 0) return undefined;
  return {
    ...(set.length > 0 ? { properties: Object.fromEntries(set) } : {}),
    ...(gone.length > 0 ? { removeProperties: gone } : {}),
  };
}

/** What goes with marks that are removed by their names: the id of the image, where no mark is left. */
export function markRemovals({ properties }: Marked, removed: readonly string[]): Pick<Changes, 'removeProperties'> {
  const left = Object.keys(properties).filter((name) => isMarkProperty(name) && !removed.includes(name));
  const isLast = left.length === 1 && left[0] === marksOfProperty && removed.some(isMarkProperty);
  return isLast ? { removeProperties: [marksOfProperty] } : {};
}

import { conflictError, providerError } from './errors.ts';
import type { ImageRecord } from './image.ts';
import type { Changes } from './operation.ts';

/** One thing that a change sets: a field, all tags, or one property. */
interface Setting {
  readonly what: string;
  readonly wanted: unknown;
  of(image: ImageRecord): unknown;
}

const relative: ReadonlySet<string> = new Set(['addTags', 'removeTags', 'properties', 'removeProperties']);

const ownFields: ReadonlySet<string> = new Set(['description', 'architecture']);

/** What a change sets. Tags that are added or taken away one by one are not among it: they fit whatever tags there are. */
function settingsOf(changes: Changes): readonly Setting[] {
  const fields = Object.entries(changes).filter(([name, wanted]) => wanted !== undefined && !relative.has(name));
  const properties = [
    ...Object.entries(changes.properties ?? {}),
    ...(changes.removeProperties ?? []).map((name) => [name, undefined] as const),
  ];
  return [
    ...fields.map(([what, wanted]) => ({ what, wanted, of: (image: ImageRecord) => image[what as keyof ImageRecord] })),
    ...properties.map(([name, wanted]) => ({
      what: `property ${name}`,
      wanted,
      // What an image has a field for is no property there.
      of: (image: ImageRecord) =>
        Object.hasOwn(image.properties, name)
          ? image.properties[name]
          : ownFields.has(name)
            ? image[name as 'description']
            : undefined,
    })),
  ];
}

/** Tags are a set; a field that is empty is as good as one that is not there. */
const plain = (value: unknown): string => JSON.stringify(Array.isArray(value) ? [...value].sort() : (value ?? ''));

const longestShown = 80;
function shown(value: unknown): string {
  if (value === undefined) return 'not set';
  const text = JSON.stringify(value);
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
}

/**
 * Throws CONFLICT where something that a change sets was set to something else between two looks at an image: `before` is
 * what the change was made up from, `now` what is there right before the write. What others did to the rest is no conflict.
 */
export function requireNoConflict(before: ImageRecord, now: ImageRecord, changes: Changes): void {
  const met = settingsOf(changes).filter(
    ({ wanted, of }) => plain(of(now)) !== plain(of(before)) && plain(of(now)) !== plain(wanted),
  );
  if (met.length === 0) return;
  const told = met.map(({ what, of }) => `${what} was ${shown(of(before))} and is ${shown(of(now))} now`);
  throw conflictError(`image ${now.id} was modified by another client: ${told.join('; ')}; nothing was written`, {
    hint: 'Look at it with:',
    next: [{ verb: 'show', image: now.id }],
  });
}

/** Whether an image is already as a change wants it, so that there is nothing to write. */
export function isSoAlready(image: ImageRecord, changes: Changes): boolean {
  const { addTags = [], removeTags = [] } = changes;
  return (
    settingsOf(changes).every(({ wanted, of }) => plain(of(image)) === plain(wanted)) &&
    addTags.every((tag) => image.tags.includes(tag)) &&
    removeTags.every((tag) => !image.tags.includes(tag))
  );
}

/**
 * Throws PROVIDER where a success shows that what was to be set was not, or that another image was changed: `after` is how the
 * image is then, as the provider says.
 */
export function requireApplied(id: string, after: ImageRecord, changes: Changes): void {
  if (after.id.toLowerCase() !== id.toLowerCase())
    throw providerError(`the change of image ${id} was answered with another image: ${after.id}`);
  const lost = settingsOf(changes).filter(({ wanted, of }) => !isWritten(of(after), wanted));
  const told = lost.map(({ what, of }) => `${what} is ${shown(of(after))}`);
  const { addTags = [], removeTags = [] } = changes;
  const untouched = addTags.some((tag) => !after.tags.includes(tag)) || removeTags.some((tag) => after.tags.includes(tag));
  if (untouched) told.push(`tags are ${shown(after.tags)}`);
  if (told.length > 0) throw providerError(`the change of image ${id} was accepted but not applied: ${told.join('; ')}`);
}

/** Sizes are kept in whole units of the provider's, rounded up. What is not protected or hidden may not be mentioned. */
const isWritten = (now: unknown, wanted: unknown): boolean =>
  plain(now) === plain(wanted) ||
  (typeof wanted === 'number' && typeof now === 'number' && now >= wanted) ||
  (wanted === false && now === undefined);

/**
 * Throws CONFLICT where an exact set of places would take a copy away that was not there when the set was made up: nobody has
 * agreed to that. `exactly` absent: nothing that is not named goes.
 */
export function requireKnownPlaces(before: ImageRecord, now: ImageRecord, exactly: readonly string[] | undefined): void {
  const isNew = (place: string): boolean => before.places.every(({ name }) => name !== place) && !exactly?.includes(place);
  const added = now.places.filter(({ name, status }) => exactly && status !== 'deleting' && isNew(name));
  if (added.length === 0) return;
  const names = added.map(({ name }) => name).join(', ');
  throw conflictError(`image ${now.id} was put into ${names} by another client; nothing was changed`, {
    hint: 'Specify all places it should be in. List them with:',
    next: [{ verb: 'show', image: now.id }],
  });
}

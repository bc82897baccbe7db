import { architectureOf } from './architecture.ts';
import { globPattern, type Pattern } from './glob.ts';
import type { Image } from './image.ts';
import type { Filter, Filters } from './operation.ts';

const asText = (value: unknown): string | undefined => {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
};

const ownValue = (from: unknown, name: string): string | undefined =>
  typeof from === 'object' && from !== null ? asText(Object.getOwnPropertyDescriptor(from, name)?.value) : undefined;

/**
 * What a property of this name is, as text: also where it is one to the provider but a field here (`architecture`), or an
 * attribute of the provider's under its own name (`disk_format`).
 */
export const propertyOf = (image: Image, name: string): string | undefined =>
  ownValue(image.properties, name) ?? ownValue(image.raw, name) ?? ownValue(image, name);

let last: { readonly glob: string; readonly pattern: Pattern } | undefined;

/** A list holds every name against the same glob: that is read once. */
function patternOf(glob: string): Pattern {
  if (last?.glob !== glob) last = { glob, pattern: globPattern(glob) };
  return last.pattern;
}

type Test<K extends Filter> = (image: Image, wanted: NonNullable<Filters[K]>) => boolean;

const tests: { readonly [K in Filter]: Test<K> } = {
  // A name that holds the signs of a glob is found by itself too.
  name: (image, glob) => image.name === glob || patternOf(glob).test(image.name),
  status: (image, status) => image.status === status || image.providerStatus === status,
  visibility: (image, visibility) => image.visibility === visibility,
  tags: (image, tags) => tags.every((tag) => image.tags.includes(tag)),
  owner: (image, owner) => image.owner === owner,
  properties: (image, wanted) => Object.entries(wanted).every(([name, value]) => propertyOf(image, name) === value),
  diskFormat: (image, format) => image.diskFormat === format,
  architecture: ({ architecture = '' }, wanted) => architectureOf(architecture) === architectureOf(wanted),
  minSizeBytes: (image, bytes) => image.sizeBytes !== undefined && image.sizeBytes >= bytes,
  maxSizeBytes: (image, bytes) => image.sizeBytes !== undefined && image.sizeBytes <= bytes,
  createdBefore: (image, time) => image.createdAt !== undefined && Date.parse(image.createdAt) < Date.parse(time),
  statuses: (image, statuses) => statuses.some((status) => tests.status(image, status)),
  visibilities: (image, wanted) => wanted.some((visibility) => image.visibility === visibility),
  diskFormats: (image, formats) => formats.some((format) => image.diskFormat === format),
  notTags: (image, tags) => !tags.some((tag) => image.tags.includes(tag)),
  notProperties: (image, unwanted) => unwanted.every(([name, value]) => propertyOf(image, name) !== value),
  createdAfter: (image, time) => image.createdAt !== undefined && Date.parse(image.createdAt) > Date.parse(time),
};

/** Whether an image passes every filter. A field that the provider did not give passes none. */
export function matches(image: Image, filters: Filters): boolean {
  return Object.entries(filters).every(
    ([name, wanted]) => wanted === undefined || (tests[name as Filter] as Test<Filter>)(image, wanted),
  );
}

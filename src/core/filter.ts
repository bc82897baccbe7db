import type { Image } from './image.ts';
import type { Filter, Filters } from './operation.ts';

/**
 * A glob (`*` any text, `?` one character) as a pattern for the whole of a name. What stands between two stars is taken
 * where it is first found and never looked for again (an atomic group, written as a lookahead): a glob of many stars
 * would otherwise take years on a name that almost fits.
 */
export function globPattern(glob: string): RegExp {
  const [first = '', ...others] = glob
    .split(/\*+/)
    .map((part) => part.replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`).replaceAll('?', '.'));
  const last = others.pop();
  if (last === undefined) return new RegExp(`^${first}$`, 'su');
  const between = others.map((part, index) => `(?=(.*?${part}))\\${index + 1}`);
  return new RegExp(`^${first}${between.join('')}.*${last}$`, 'su');
}

export const isGlob = (text: string): boolean => /[*?]/.test(text);

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
const propertyOf = (image: Image, name: string): string | undefined =>
  ownValue(image.properties, name) ?? ownValue(image.raw, name) ?? ownValue(image, name);

type Test<K extends Filter> = (image: Image, wanted: NonNullable<Filters[K]>) => boolean;

const tests: { readonly [K in Filter]: Test<K> } = {
  name: (image, glob) => globPattern(glob).test(image.name),
  status: (image, status) => image.status === status || image.providerStatus === status,
  visibility: (image, visibility) => image.visibility === visibility,
  tags: (image, tags) => tags.every((tag) => image.tags.includes(tag)),
  owner: (image, owner) => image.owner === owner,
  properties: (image, wanted) => Object.entries(wanted).every(([name, value]) => propertyOf(image, name) === value),
  diskFormat: (image, format) => image.diskFormat === format,
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

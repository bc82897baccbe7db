import type { Image } from './image.ts';
import type { Filter, Filters } from './operation.ts';

/** A glob (`*` any text, `?` one character) as a pattern for the whole of a name. */
export function globPattern(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'su');
}

export const isGlob = (text: string): boolean => /[*?]/.test(text);

type Test<K extends Filter> = (image: Image, wanted: NonNullable<Filters[K]>) => boolean;

const tests: { readonly [K in Filter]: Test<K> } = {
  name: (image, glob) => globPattern(glob).test(image.name),
  status: (image, status) => image.status === status || image.providerStatus === status,
  visibility: (image, visibility) => image.visibility === visibility,
  tags: (image, tags) => tags.every((tag) => image.tags.includes(tag)),
  owner: (image, owner) => image.owner === owner,
  properties: (image, wanted) =>
    Object.entries(wanted).every(([name, value]) => Object.hasOwn(image.properties, name) && image.properties[name] === value),
  diskFormat: (image, format) => image.diskFormat === format,
  minSizeBytes: (image, bytes) => image.sizeBytes !== undefined && image.sizeBytes >= bytes,
  maxSizeBytes: (image, bytes) => image.sizeBytes !== undefined && image.sizeBytes <= bytes,
  createdBefore: (image, time) => image.createdAt !== undefined && Date.parse(image.createdAt) < Date.parse(time),
  createdAfter: (image, time) => image.createdAt !== undefined && Date.parse(image.createdAt) > Date.parse(time),
};

/** Whether an image passes every filter. A field that the provider did not give passes none. */
export function matches(image: Image, filters: Filters): boolean {
  return Object.entries(filters).every(
    ([name, wanted]) => wanted === undefined || (tests[name as Filter] as Test<Filter>)(image, wanted),
  );
}

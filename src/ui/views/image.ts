import { contentIdProperty, imageFields, type Image, type PlaceState } from '../../core/image.ts';
import { isProvenanceProperty, provenanceIn, type Provenance } from '../../core/provenance.ts';
import { defineView, type Column, type View } from '../view.ts';

const placeText = ({ id, status, providerStatus, message }: PlaceState): string =>
  [
    ...(id === undefined ? [] : [id]),
    status,
    ...(providerStatus !== undefined && providerStatus !== status ? [`(${providerStatus})`] : []),
    ...(message ? [message] : []),
  ].join(' ');

/** `us-ord, us-east (pending)`: the usual state needs no word. */
const placesText = (places: readonly PlaceState[]): string =>
  places.map(({ name, status }) => (status === 'active' ? name : `${name} (${status})`)).join(', ');

/** Whether each of them is an image of its own in each place that it is in, and not all are in the same: one name is several images there. */
function areApart(images: readonly Image[]): boolean {
  const isOwn = ({ places }: Image): boolean => places.length > 0 && places.every(({ id }) => id !== undefined);
  return images.every(isOwn) && new Set(images.map(({ places }) => placesText(places))).size > 1;
}

/** Properties but those that the sheet has lines for already: the content id, and where the image comes from. */
const ownProperties = ({ properties, contentId }: Image): readonly (readonly [string, string])[] =>
  Object.entries(properties).filter(
    ([name, value]) => (name !== contentIdProperty || value !== contentId) && !isProvenanceProperty(name),
  );

/** Where an image comes from, as its properties say. Absent: they do not. */
function sourceOf({ properties }: Image): Provenance | undefined {
  const source = provenanceIn(properties);
  return Object.keys(source).length === 0 ? undefined : source;
}

const looks: Readonly<Partial<Record<keyof Image, Omit<Column<Image>, 'value'>>>> = {
  id: { kind: 'id' },
  status: { kind: 'status' },
  diskFormat: { title: 'format' },
  sizeBytes: { kind: 'size', title: 'size' },
  virtualBytes: { kind: 'size', title: 'virtual' },
  minDiskBytes: { kind: 'size', title: 'minDisk' },
  minRamBytes: { kind: 'size', title: 'minRam' },
  places: {
    show: (value) => placesText(value as readonly PlaceState[]),
    parts: (value) => (value as readonly PlaceState[]).map((place) => [place.name, placeText(place)]),
  },
  properties: { parts: (_value, image) => ownProperties(image) },
  createdAt: { kind: 'age', title: 'created' },
  updatedAt: { kind: 'age', title: 'updated' },
  expiresAt: { kind: 'age', title: 'expires' },
  contentId: { kind: 'id' },
};

const columns: Record<string, Column<Image>> = Object.fromEntries(
  imageFields.flatMap((field): [string, Column<Image>][] => {
    const column: [string, Column<Image>] = [field, { value: (image) => image[field], ...looks[field] }];
    return field === 'properties'
      ? [['source', { value: sourceOf, parts: (_value, image) => Object.entries(sourceOf(image) ?? {}) }], column]
      : [column];
  }),
);

/** What stands at a path within a value, such as `os.name`; a key that has dots in it is found too. */
function inside(value: unknown, path: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  const own = (key: string): unknown =>
    Object.hasOwn(value, key) ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
  if (own(path) !== undefined) return own(path);
  const dot = path.indexOf('.');
  return dot < 0 ? undefined : inside(own(path.slice(0, dot)), path.slice(dot + 1));
}

const nested = new Set(['properties', 'checksums', 'raw', 'progress']);

function columnAt(name: string): Column<Image> | undefined {
  if (name === 'raw') return { value: (image) => image.raw };
  const dot = name.indexOf('.');
  const [head, path] = [name.slice(0, Math.max(dot, 0)), name.slice(dot + 1)];
  if (dot < 0 || path === '') return undefined;
  if (head === 'places') return { value: (image) => image.places.find((place) => place.name === path)?.status, kind: 'status' };
  return nested.has(head) ? { value: (image) => inside(image[head as keyof Image], path) } : undefined;
}

/** The image itself: its fields stand in the order of the JSON, and JSON has no place for undefined. */
const imageJson = (image: Image, { raw }: { readonly raw: boolean }): unknown => (raw ? image : { ...image, raw: undefined });

/** Images, with the fields and names of the JSON. */
export const imageView: View<Image> = defineView<Image>({
  name: 'images',
  columns,
  usual: ['id', 'name', 'status', 'visibility', 'diskFormat', 'sizeBytes', 'createdAt'],
  wide: [
    'profile',
    'provider',
    'id',
    'name',
    'status',
    'providerStatus',
    'visibility',
    'owner',
    'diskFormat',
    'containerFormat',
    'architecture',
    'sizeBytes',
    'virtualBytes',
    'createdAt',
    'updatedAt',
    'tags',
    'places',
  ],
  spare: ['visibility', 'diskFormat', 'sizeBytes', 'createdAt'],
  apart: (images) => (areApart(images) ? ['places'] : []),
  id: (image) => image.id,
  json: imageJson,
  dynamic: columnAt,
});

/** The image that a copy has made: in JSON with the `route` on which its data came. Absent: nothing had to come. */
export const copiedView = (route: string | undefined): View<Image> => ({
  ...imageView,
  columns: { ...columns, route: { value: () => route } },
  json: (image, options) => ({ ...(imageJson(image, options) as object), ...(route === undefined ? {} : { route }) }),
});

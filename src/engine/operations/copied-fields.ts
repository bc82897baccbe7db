import {
  contentIdProperty,
  contentOfProperty,
  given,
  isOfOtherBytes,
  isOwnProperty,
  type Image,
  type Visibility,
} from '../../core/image.ts';
import { isMarkProperty } from '../../core/marks.ts';
import { isProvenanceProperty } from '../../core/provenance.ts';
import { visibleFirst, type Later } from './completed.ts';
import type { Description, Editable, UploadFacts } from '../../core/operation.ts';

type Labels = Omit<Description, 'name'>;

/** What goes along to another cloud, what of it the record gets only once it is whole, and what does not go along. */
export interface Carried {
  readonly description: Labels;
  readonly later: Later;
  /** For the user's eye, one for each kind of thing. */
  readonly dropped: readonly string[];
}

const carriedFields = [
  'description',
  'architecture',
  'minDiskBytes',
  'minRamBytes',
  'tags',
  'properties',
  'containerFormat',
] as const satisfies readonly Editable[];

const canBe = (visibility: Visibility | undefined, among: UploadFacts['visibilities']): boolean =>
  visibility === undefined || among?.includes(visibility) !== false;

/** Names of what an image has beyond the usual, of the fields that a target does not keep. */
function lost(image: Image, { fields, visibilities }: UploadFacts, own: Labels): readonly string[] {
  const properties = Object.keys(image.properties).filter((name) => !isOwnProperty(name));
  const isOpen = image.visibility === 'public' || image.visibility === 'community';
  const had: Readonly<Partial<Record<Editable, string | false | undefined>>> = {
    description: image.description && 'description',
    architecture: image.architecture && `architecture ${image.architecture}`,
    minDiskBytes: image.minDiskBytes ? 'minDiskBytes' : undefined,
    minRamBytes: image.minRamBytes ? 'minRamBytes' : undefined,
    tags: image.tags.length > 0 && `tags ${image.tags.join(', ')}`,
    properties: properties.length > 0 && `properties ${properties.join(', ')}`,
    visibility: isOpen && `visibility ${image.visibility ?? ''}`,
  };
  const isKept = (field: string): boolean =>
    fields.includes(field as Editable) && (field !== 'visibility' || canBe(image.visibility, visibilities));
  const there = Object.entries(had).flatMap(([field, name]) => (name && !isKept(field) ? [name] : []));
  return [
    ...there,
    ...(image.protected && own.protected === undefined && fields.includes('protected') ? ['protection (see --protect)'] : []),
    ...(image.hidden && own.hidden === undefined && fields.includes('hidden') ? ['hiding (see --hide)'] : []),
  ];
}

/**
 * What of an image's record goes along, with `own` on top: fields, tags and properties that the target keeps. Who may see it
 * is said when the record is made; that everybody may, only when it is whole, and so it is with protection, which would keep
 * a half-made image from being removed. `references`: properties that mean nothing there, and stay behind.
 */
export function carriedTo(
  facts: UploadFacts,
  image: Image,
  own: Labels,
  format: string | undefined,
  references?: RegExp,
): Carried {
  const { fields, tags, reserved, appearsWhole, visibilities } = facts;
  const kept: Labels = Object.fromEntries(
    carriedFields.filter((field) => fields.includes(field) && image[field] !== undefined).map((field) => [field, image[field]]),
  );
  const properties = Object.entries(kept.properties ?? {}).filter(
    // What was said of the content is said anew of the bytes that arrive; what was decided about an image is not decided about its copy.
    ([name]) =>
      reserved?.test(name) !== true &&
      references?.test(name) !== true &&
      name !== contentIdProperty &&
      name !== contentOfProperty &&
      !isMarkProperty(name) &&
      !(isProvenanceProperty(name) && isOfOtherBytes(image)),
  );
  const fitting = kept.tags?.filter((tag) => tags?.test(tag) !== false) ?? [];
  const goesAlong = fields.includes('visibility') && canBe(image.visibility, visibilities);
  const wanted = own.visibility ?? (goesAlong ? image.visibility : undefined);
  const first = appearsWhole ? wanted : visibleFirst(wanted);
  const { protected: locked, ...labels } = own;
  return {
    description: {
      ...kept,
      ...labels,
      ...(kept.properties || own.properties ? { properties: { ...Object.fromEntries(properties), ...own.properties } } : {}),
      ...(kept.tags || own.tags ? { tags: [...new Set([...fitting, ...(own.tags ?? [])])] } : {}),
      ...(first === undefined ? {} : { visibility: first }),
      ...(format !== undefined && fields.includes('diskFormat') ? { diskFormat: format } : {}),
    },
    later: given<Later>({ visibility: wanted, protected: locked }),
    dropped: lost(image, facts, own),
  };
}

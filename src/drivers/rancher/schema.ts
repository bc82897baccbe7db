import { authError, providerError } from '../../core/errors.ts';
import type { ApiAnswer } from '../../core/http.ts';
import { isObject } from '../../core/json.ts';
import { textsIn } from './record.ts';

/** What this key may do with images on this server, as the server itself describes it. */
export interface ImageSchema {
  /** URL of the collection of images. */
  readonly collection: string;
  readonly collectionMethods: ReadonlySet<string>;
  readonly resourceMethods: ReadonlySet<string>;
  /** Actions of this role and version. Being here is not enough: an image's own map says what its state allows. */
  readonly actions: ReadonlySet<string>;
  /** Modifiers by field, for the fields by which a list can really be narrowed. */
  readonly filters: ReadonlyMap<string, ReadonlySet<string>>;
  /** Headers of the answer: they tell who the key belongs to. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Finds the schema of images among all schemas. Throws AUTH when this key's role has none. */
export function imageSchema(answer: ApiAnswer): ImageSchema {
  const body = answer.json();
  if (!isObject(body) || !Array.isArray(body['data']))
    throw providerError(`${answer.url} returned no list of schemas`, {
      hint: 'Check that url is that of a Rancher 1.x server: Rancher 2 keeps no images.',
    });
  const schemas = body['data'].filter(isObject);
  const schema = schemas.find(({ id }) => id === 'image');
  const collection = textsIn(schema?.['links'])['collection'];
  if (!schema || collection === undefined)
    throw authError(`${answer.url} has no images: the role of this key may not see them`, {
      hint: 'Use a key of a project member. Rancher 2 keeps no images at all.',
    });
  return {
    collection,
    collectionMethods: new Set(words(schema['collectionMethods'])),
    resourceMethods: new Set(words(schema['resourceMethods'])),
    actions: new Set(Object.keys(isObject(schema['resourceActions']) ? schema['resourceActions'] : {})),
    filters: filtersOf(schema),
    headers: answer.headers,
  };
}

function filtersOf(schema: Readonly<Record<string, unknown>>): ReadonlyMap<string, ReadonlySet<string>> {
  const fields = isObject(schema['resourceFields']) ? schema['resourceFields'] : {};
  const filters = isObject(schema['collectionFilters']) ? schema['collectionFilters'] : {};
  // Oddity: every role is shown filters on fields that it may not see; such a filter is taken and does nothing.
  const working = Object.entries(filters).filter(([field]) => Object.hasOwn(fields, field));
  return new Map(working.map(([field, filter]) => [field, new Set(isObject(filter) ? words(filter['modifiers']) : [])]));
}

const words = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((word): word is string => typeof word === 'string') : [];

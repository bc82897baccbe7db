import { usageError } from '../core/errors.ts';
import { given, imageFields, statuses, visibilities } from '../core/image.ts';
import type { Filters, SortKey } from '../core/operation.ts';
import { formats } from '../core/encoding.ts';
import { nearest } from '../ui/nearest.ts';
import type { Listing } from './listing.ts';
import type { Options, OptionValues } from './option.ts';
import { outputFormats } from './settings.ts';

export const filterOptions = {
  name: { kind: 'text', value: 'glob', summary: 'name, with * and ? as wildcards' },
  status: { kind: 'text', summary: `status (${statuses.join(', ')}, or the provider's own word)` },
  visibility: { kind: 'text', choices: visibilities, summary: 'visibility' },
  tag: { kind: 'texts', summary: 'has this tag (repeatable)' },
  owner: { kind: 'text', summary: 'owner' },
  property: { kind: 'pairs', summary: 'has this property (repeatable)' },
  format: { kind: 'text', summary: 'disk format' },
  minSize: { kind: 'size', summary: 'at least this large' },
  maxSize: { kind: 'size', summary: 'at most this large' },
  olderThan: { kind: 'duration', summary: 'created longer ago than this' },
  newerThan: { kind: 'duration', summary: 'created more recently than this' },
  hidden: { kind: 'flag', summary: 'hidden images too' },
  all: { kind: 'flag', summary: "the provider's public images too" },
  filter: { kind: 'pairs', value: 'field=value', summary: "the provider's own filter (imgctl providers NAME lists them)" },
  sort: {
    kind: 'names',
    value: 'key[:desc]',
    summary: 'order, by fields named as in the JSON; created, updated and size for short',
  },
  limit: { kind: 'count', summary: 'at most this many' },
  after: { kind: 'text', value: 'id', summary: 'begin behind this image' },
} as const satisfies Options;

const shortKeys: Readonly<Record<string, string>> = { created: 'createdAt', updated: 'updatedAt', size: 'sizeBytes' };

function sortKey(text: string): SortKey {
  const [key = '', direction = 'asc', ...rest] = text.split(':');
  const field = shortKeys[key] ?? key;
  if (!(imageFields as readonly string[]).includes(field)) {
    const close = nearest(key, [...imageFields, ...Object.keys(shortKeys)]);
    throw usageError(`--sort: images have no field "${key}"`, {
      hint: close.length > 0 ? `did you mean ${close.join(' or ')}?` : `fields: ${imageFields.join(', ')}`,
    });
  }
  if (rest.length > 0 || (direction !== 'asc' && direction !== 'desc'))
    throw usageError(`--sort: "${text}" is not FIELD, FIELD:asc or FIELD:desc`);
  return { field, descending: direction === 'desc' };
}

/** The word, folded where it is one of ours. Providers have words of their own; one that is nearly ours is a slip. Throws USAGE then. */
function knownWord(option: string, text: string | undefined, known: readonly string[]): string | undefined {
  if (text === undefined) return undefined;
  const word = text.toLowerCase();
  if (known.includes(word)) return word;
  // Three letters are near to too much: `ami` is no `vdi`.
  const close = word.length > 3 ? nearest(word, known) : [];
  if (close.length > 0) throw usageError(`${option}: "${text}" is unknown`, { hint: `did you mean ${close.join(' or ')}?` });
  return text;
}

/** `--format` is the disk's here, and the output's in other tools. */
function formatWord(text: string | undefined): string | undefined {
  if (text !== undefined && [...outputFormats, 'value'].some((name) => name === text))
    throw usageError(`--format is the format of the disk, and "${text}" is none`, {
      hint: `Use -o ${text === 'value' ? 'csv' : text} for the format of the output.`,
    });
  return knownWord('--format', text, formats);
}

/** The list that the options ask for. `now` is ms since 1970; ages are turned into times once. */
export function listingFrom(input: OptionValues<typeof filterOptions>, now: number): Listing {
  const ago = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : new Date(now - ms).toISOString());
  const filters = given<Filters>({
    name: input.name,
    status: knownWord('--status', input.status, statuses),
    visibility: visibilities.find((known) => known === input.visibility),
    tags: input.tag.length > 0 ? input.tag : undefined,
    owner: input.owner,
    properties: Object.keys(input.property).length > 0 ? input.property : undefined,
    diskFormat: formatWord(input.format),
    minSizeBytes: input.minSize,
    maxSizeBytes: input.maxSize,
    createdBefore: ago(input.olderThan),
    createdAfter: ago(input.newerThan),
  });
  const publicWanted = input.visibility === 'public' || input.visibility === 'community';
  return {
    filters,
    own: input.filter,
    scope: input.all || publicWanted ? 'all' : 'mine',
    hidden: input.hidden ?? false,
    sort: input.sort.map(sortKey),
    ...(input.limit === undefined ? {} : { limit: input.limit }),
    ...(input.after === undefined ? {} : { after: input.after }),
  };
}

import { usageError } from '../../core/errors.ts';
import { given, imageFields, statuses, visibilities, type Visibility } from '../../core/image.ts';
import type { Filters, SortKey } from '../../core/operation.ts';
import { formats } from '../../core/encoding.ts';
import { nearest } from '../../host/did-you-mean.ts';
import type { Listing } from '../../engine/images/list.ts';
import type { Options, OptionValues } from '../program/option.ts';
import { outputFormats, reportFormats } from '../program/settings.ts';

export const filterOptions = {
  name: { kind: 'text', value: 'glob', completes: 'images', summary: "name: a shell's glob (*, ?, [a-z], {a,b})" },
  status: {
    kind: 'text',
    suggests: statuses,
    commas: true,
    summary: `status, several with commas (any of ${statuses.join(', ')}, or the provider's own word)`,
  },
  visibility: { kind: 'text', choices: visibilities, commas: true, summary: 'visibility; several with commas mean any of them' },
  tag: { kind: 'texts', summary: 'has this tag (repeatable)' },
  notTag: { kind: 'texts', value: 'tag', summary: 'does not have this tag (repeatable)' },
  mine: { kind: 'flag', summary: 'your own images only, not those shared with you' },
  owner: {
    kind: 'text',
    suggests: ['me'],
    value: 'me|id|name',
    summary: 'owner; me and the name of your own project mean your own',
  },
  property: { kind: 'texts', value: 'key=value', summary: 'has this property; key!=value: has not (repeatable)' },
  format: { kind: 'text', also: 'disk-format', suggests: formats, commas: true, summary: 'disk format; several with commas' },
  minSize: { kind: 'size', summary: 'at least this large (a bare number is bytes)' },
  maxSize: { kind: 'size', summary: 'at most this large (a bare number is bytes)' },
  olderThan: { kind: 'duration', summary: 'created longer ago than this' },
  newerThan: { kind: 'duration', summary: 'created more recently than this' },
  hidden: { kind: 'flag', summary: 'hidden images too' },
  all: { kind: 'flag', summary: "the provider's public images too" },
  filter: {
    kind: 'texts',
    completes: 'filter',
    value: 'field=value',
    summary: "the provider's own filter (imgctl providers NAME lists them)",
  },
  sort: {
    kind: 'names',
    suggests: ['name', 'created', 'updated', 'size', 'status'].flatMap((key) => [key, `${key}:desc`]),
    value: 'key[:desc]',
    summary: 'sort by JSON field; created, updated and size are short forms',
  },
  limit: { kind: 'count', summary: 'at most this many' },
  after: { kind: 'text', value: 'id', completes: 'images', summary: 'start after this image' },
} as const satisfies Options;

const shortKeys: Readonly<Record<string, string>> = { created: 'createdAt', updated: 'updatedAt', size: 'sizeBytes' };

function sortKey(text: string): SortKey {
  const [key = '', direction = 'asc', ...rest] = text.split(':');
  const field = shortKeys[key] ?? key;
  if (!(imageFields as readonly string[]).includes(field)) {
    const close = nearest(key, [...imageFields, ...Object.keys(shortKeys)]);
    throw usageError(`--sort: unknown field: ${key}`, {
      hint: close.length > 0 ? `Did you mean ${close.join(' or ')}?` : `Fields: ${imageFields.join(', ')}`,
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
  if (close.length > 0) throw usageError(`${option}: unknown value: ${text}`, { hint: `Did you mean ${close.join(' or ')}?` });
  return text;
}

/** `--format` is the disk's here, and the output's in other tools. */
function formatWord(text: string | undefined): string | undefined {
  if (text !== undefined && [...outputFormats, ...reportFormats, 'value'].some((name) => name === text))
    throw usageError(`--format is the disk format, not the output format: ${text}`, {
      hint: `Use -o ${text === 'value' ? 'csv' : text} for the format of the output.`,
    });
  return knownWord('--format', text, formats);
}

/** `key=value` and, for what must not be, `key!=value`. Throws USAGE on anything else, and where a key is to have two values. */
function propertiesFrom(texts: readonly string[]): Pick<Filters, 'properties' | 'notProperties'> {
  const pairs = texts.map(
    (text) => /^(?<name>[^=]*?[^=!])(?<not>!?)=(?<value>.*)$/s.exec(text)?.groups ?? odd('--property', text),
  );
  const wanted = pairs.filter(({ not }) => not === '').map(({ name = '', value = '' }) => [name, value] as const);
  const unwanted = pairs.filter(({ not }) => not === '!').map(({ name = '', value = '' }) => [name, value] as const);
  return {
    ...(wanted.length > 0 ? { properties: onceEach('--property', wanted) } : {}),
    ...(unwanted.length > 0 ? { notProperties: unwanted } : {}),
  };
}

function odd(option: string, text: string): never {
  throw usageError(`${option}: "${text}" is not of the form key=value`);
}

type Pairs = readonly (readonly [string, string])[];

/** Throws USAGE where a key has two values: nothing can have both, and which is meant cannot be told. */
function onceEach(option: string, pairs: Pairs): Readonly<Record<string, string>> {
  const twice = pairs.find(([name, value]) => pairs.some(([other, one]) => other === name && one !== value));
  if (twice)
    throw usageError(`${option}: ${twice[0]} was given twice, with different values`, {
      hint: `Give each key of ${option} once.`,
    });
  return Object.fromEntries(pairs);
}

/** One word as the filter that providers know, several as a choice between them. */
const anyWord = <One extends string, Many extends string, T extends string>(one: One, many: Many, words: readonly T[]): object =>
  words.length === 0 ? {} : words.length === 1 ? { [one]: words[0] } : { [many]: words };

/** The words between commas; none where nothing was given. */
const words = (text: string | undefined): readonly string[] =>
  (text ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');

const visibilityWord = (text: string): Visibility =>
  visibilities.find((known) => known === text.toLowerCase()) ?? odd('--visibility', text);

/** The list that the options ask for. `now` is ms since 1970; ages are turned into times once. */
export function listingFrom(input: OptionValues<typeof filterOptions>, now: number): Listing {
  const ago = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : new Date(now - ms).toISOString());
  const wantedVisibilities = words(input.visibility).map(visibilityWord);
  const isOwn = input.mine === true || input.owner === 'me';
  if (isOwn && input.all) throw usageError(`${input.mine ? '--mine' : '--owner me'} and --all cannot be combined`);
  const filters = given<Filters>({
    name: input.name,
    ...anyWord(
      'status',
      'statuses',
      words(input.status).map((word) => knownWord('--status', word, statuses) ?? word),
    ),
    ...anyWord('visibility', 'visibilities', wantedVisibilities),
    tags: input.tag.length > 0 ? input.tag : undefined,
    notTags: input.notTag.length > 0 ? input.notTag : undefined,
    owner: input.owner === 'me' ? undefined : input.owner,
    ...propertiesFrom(input.property),
    ...anyWord(
      'diskFormat',
      'diskFormats',
      words(input.format).map((word) => formatWord(word) ?? word),
    ),
    minSizeBytes: input.minSize,
    maxSizeBytes: input.maxSize,
    createdBefore: ago(input.olderThan),
    createdAfter: ago(input.newerThan),
  });
  const publicWanted = wantedVisibilities.some((word) => word === 'public' || word === 'community');
  const own = input.filter.map((text): readonly [string, string] => {
    const at = text.indexOf('=');
    return at < 1 ? odd('--filter', text) : [text.slice(0, at), text.slice(at + 1)];
  });
  return {
    filters,
    own,
    scope: isOwn ? 'own' : input.all || publicWanted ? 'all' : 'mine',
    hidden: input.hidden ?? false,
    sort: input.sort.map(sortKey),
    ...(input.limit === undefined ? {} : { limit: input.limit }),
    ...(input.after === undefined ? {} : { after: input.after }),
  };
}

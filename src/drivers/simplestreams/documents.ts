import { ImgctlError, partialError, providerError } from '../../core/errors.ts';
import { isObject, textIn, type JsonObject } from '../../core/json.ts';
import type { Call } from '../../core/operation.ts';
import { readDocument, type Document, type DocumentAddress } from '../_published/document.ts';
import { publishedPath } from '../_published/path.ts';
import type { StreamsClient } from './client.ts';
import { versionsIn, type Published, type Version } from './disks.ts';

/** Documents that are read at the same time. */
const atOnce = 4;
/** Indexes may name indexes: so many below one another. */
const deepest = 4;

/** A document as an index names it. */
interface Listed {
  readonly start: string;
  readonly format: string;
  readonly datatype: string | undefined;
  readonly updated: string | undefined;
  /** Digest of the index. */
  readonly index: string;
}

const formatOf = ({ body }: Document): string => textIn(body.format) ?? '';
const updatedIn = (body: JsonObject): string | undefined => textIn(body.updated);

/** When a document is of, as a text that sorts; absent: it does not say, or not so that it is understood. */
function timeOf(body: JsonObject): string | undefined {
  const time = Date.parse(updatedIn(body) ?? '');
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

type More = Pick<DocumentAddress, 'with' | 'fits' | 'fresh'>;

/** A document of one of these formats. Throws PROVIDER for any other, and warns of one that is older than what was seen before. */
async function read(
  client: StreamsClient,
  start: string,
  name: string,
  formats: RegExp,
  call: Call,
  more: More = {},
): Promise<Document> {
  const at = (ending: string): URL => new URL(`${client.root.href}${start}.${ending}`);
  const address = { clearSigned: at('sjson'), plain: at('json'), name, timeOf, ...more };
  const document = await readDocument(client.publisher, address, call);
  if (!formats.test(formatOf(document)))
    throw providerError(`${name} of ${client.root.host} has the unknown format "${formatOf(document).slice(0, 40)}"`);
  if (document.later !== undefined)
    warn(
      call,
      `${name} of ${client.root.host} is of ${updatedIn(document.body) ?? 'no time'}, older than one of ${document.later} that was served before: newer images may be missing`,
    );
  return document;
}

const warn = (call: Call, message: string): void => call.note({ kind: 'warning', message });

/** The document that the profile names: an index, or products. Throws PROVIDER for any other. */
export const readStart = (client: StreamsClient, call: Call): Promise<Document> =>
  read(client, client.start, 'the index', /^(index|products):1\.0$/, call);

/** Reads everything. Throws what went wrong where nothing could be read, and whatever says that something cannot be trusted. */
export const readAll = (client: StreamsClient, call: Call): Promise<Published> =>
  client.memory(call.signal, 'all', () => readPublished(client, call));

async function readPublished(client: StreamsClient, call: Call): Promise<Published> {
  const start = await readStart(client, call);
  if (formatOf(start).startsWith('products')) return { versions: versionsOf(client, start, call), failed: undefined };
  const errors: ImgctlError[] = [];
  const listed = wantedOf(await listedBelow(client, start, errors, call));
  const found: (readonly Version[])[] = [];
  for (let first = 0; first < listed.length; first += atOnce) {
    const some = await Promise.allSettled(listed.slice(first, first + atOnce).map((entry) => readProducts(client, entry, call)));
    for (const result of some)
      if (result.status === 'fulfilled') found.push(result.value);
      else errors.push(unreadable(result.reason));
  }
  const [error] = errors;
  if (error && found.length === 0) throw error;
  return {
    versions: merged(found),
    failed: error && partialError(`some products could not be read: ${error.message}`, { cause: error }),
  };
}

/** An image that several documents have is one. */
function merged(found: readonly (readonly Version[])[]): readonly Version[] {
  const [only, other] = found;
  if (!other) return only ?? [];
  const known = new Set<string>();
  return found.flat().flatMap((version) => {
    const keyOf = (key: string): string => `${version.product}/${version.serial}/${key}`;
    const items = version.items.filter(([key]) => !known.has(keyOf(key)) && known.add(keyOf(key)));
    return items.length === 0 ? [] : [{ ...version, items }];
  });
}

/** What leaves the other products as they are; all else is thrown on. */
function unreadable(reason: unknown): ImgctlError {
  if (reason instanceof ImgctlError && ['NOT_FOUND', 'NETWORK', 'PROVIDER', 'LIMIT'].includes(reason.code)) return reason;
  throw reason;
}

/** All that an index names, and those that it names, each once. */
async function listedBelow(
  client: StreamsClient,
  start: Document,
  errors: ImgctlError[],
  call: Call,
): Promise<readonly Listed[]> {
  const seen = new Set([client.start]);
  const all: Listed[] = [];
  let indexes: readonly Document[] = [start];
  for (let depth = 0; depth < deepest && indexes.length > 0; depth += 1) {
    const named = indexes.flatMap(listedIn).filter(({ start: at }) => !seen.has(at) && seen.add(at));
    all.push(...named.filter(({ format }) => format === 'products:1.0'));
    const below: Document[] = [];
    for (const { start: at } of named.filter(({ format }) => format === 'index:1.0'))
      try {
        below.push(await read(client, at, `the index ${decodeURIComponent(at)}`, /^index:1\.0$/, call));
      } catch (error) {
        errors.push(unreadable(error));
      }
    indexes = below;
  }
  return all;
}

function listedIn({ body, digest }: Document): readonly Listed[] {
  const entries = isObject(body.index) ? Object.values(body.index) : [];
  return entries.flatMap((entry) => {
    if (!isObject(entry)) return [];
    const path = publishedPath(textIn(entry.path) ?? '');
    const start = path === undefined ? undefined : /^(.+)\.s?json$/.exec(path)?.[1];
    if (start === undefined) return [];
    const [format, datatype, updated] = [textIn(entry.format) ?? '', textIn(entry.datatype), updatedIn(entry)];
    return [{ start, format, datatype, updated, index: digest }];
  });
}

/** Products with files. Ids of images in clouds are passed over, but where there is nothing else: MAAS calls its files so. */
function wantedOf(listed: readonly Listed[]): readonly Listed[] {
  const files = listed.filter(({ datatype }) => datatype !== 'image-ids');
  return files.length > 0 ? files : listed;
}

/** A mirror may be asked between two files that belong together: where they do not fit it is asked once more. */
async function readProducts(client: StreamsClient, listed: Listed, call: Call): Promise<readonly Version[]> {
  const { start, updated, index } = listed;
  const name = `the products file ${decodeURIComponent(start)}`;
  const fits = (body: JsonObject): boolean => !isOlder(updatedIn(body), updated);
  const once = (more: More): Promise<Document> =>
    read(client, start, name, /^products:1\.0$/, call, { with: index, fits, ...more });
  const first = await once({});
  const document = fits(first.body) ? first : await once({ fresh: true });
  const of = updatedIn(document.body) ?? '';
  if (!fits(document.body))
    warn(call, `${name} of ${client.root.host} is of ${of}, the index says ${updated ?? ''}: newer images may be missing`);
  else if (isOlder(updated, of))
    warn(
      call,
      `the index of ${client.root.host} knows ${name} as of ${updated ?? ''}, which is of ${of}: what else it names may be old`,
    );
  return versionsOf(client, document, call);
}

const isOlder = (one = '', other = ''): boolean => Date.parse(one) < Date.parse(other);

function versionsOf(client: StreamsClient, { body, signer }: Document, call: Call): readonly Version[] {
  const { versions, unsafe } = versionsIn(body, signer);
  if (unsafe.length > 0)
    warn(
      call,
      `${unsafe.length} ${unsafe.length === 1 ? 'image is' : 'images are'} left out: what ${client.root.host} gives as its path may lead elsewhere (${unsafe[0] ?? ''})`,
    );
  return versions;
}

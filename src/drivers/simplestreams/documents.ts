import { ImgctlError, partialError, providerError } from '../../core/errors.ts';
import type { Call } from '../../core/operation.ts';
import { readDocument, type Document } from '../_published/document.ts';
import { isObject, textIn, type JsonObject } from '../_published/json.ts';
import { publishedPath } from '../_published/path.ts';
import type { StreamsClient } from './client.ts';
import { disksIn, type Disk } from './disks.ts';

/** Documents that are read at the same time. */
const atOnce = 4;

/** A products document as the index names it. */
interface Listed {
  readonly start: string;
  readonly updated: string | undefined;
  /** Digest of the index. */
  readonly index: string | undefined;
}

export const formatOf = ({ body }: Document): string => textIn(body.format) ?? '';

function read(client: StreamsClient, start: string, name: string, call: Call, inStep?: string): Promise<Document> {
  const at = (ending: string): URL => new URL(`${client.root.href}${start}.${ending}`);
  const address = { clearSigned: at('sjson'), plain: at('json'), name, ...(inStep === undefined ? {} : { with: inStep }) };
  return readDocument(client.publisher, address, call);
}

/** The document that the profile names: an index, or products. Throws PROVIDER for any other. */
export async function readStart(client: StreamsClient, call: Call): Promise<Document> {
  const document = await read(client, client.start, 'the index', call);
  if (!/^(index|products):1\.0$/.test(formatOf(document)))
    throw providerError(`the index of ${client.root.host} has the unknown format "${formatOf(document).slice(0, 40)}"`);
  return document;
}

/** All disks that are published. `failed`: products that could not be read, while others could. */
export interface Published {
  readonly disks: readonly Disk[];
  readonly failed: ImgctlError | undefined;
}

/** Reads everything. Throws what went wrong where nothing could be read, and whatever says that something cannot be trusted. */
export async function readAll(client: StreamsClient, call: Call): Promise<Published> {
  const start = await readStart(client, call);
  if (formatOf(start) === 'products:1.0') return { disks: disksOf(client, start.body, start, call), failed: undefined };
  const listed = listedIn(start);
  const disks: Disk[] = [];
  const errors: ImgctlError[] = [];
  for (let first = 0; first < listed.length; first += atOnce) {
    const some = await Promise.allSettled(listed.slice(first, first + atOnce).map((entry) => readProducts(client, entry, call)));
    for (const result of some)
      if (result.status === 'fulfilled') disks.push(...result.value);
      else errors.push(unreadable(result.reason));
  }
  const [error] = errors;
  if (error && errors.length === listed.length) throw error;
  return { disks, failed: error && partialError(`some products could not be read: ${error.message}`, { cause: error }) };
}

/** What leaves the other products as they are; all else is thrown on. */
function unreadable(reason: unknown): ImgctlError {
  if (reason instanceof ImgctlError && ['NOT_FOUND', 'NETWORK', 'PROVIDER', 'LIMIT'].includes(reason.code)) return reason;
  throw reason;
}

/** Products with files; ids of images in clouds are passed over. */
function listedIn({ body, digest }: Document): readonly Listed[] {
  const entries = isObject(body.index) ? Object.values(body.index) : [];
  return entries.flatMap((entry) => {
    if (!isObject(entry) || entry.format !== 'products:1.0' || entry.datatype === 'image-ids') return [];
    const path = publishedPath(textIn(entry.path) ?? '');
    const start = path === undefined ? undefined : /^(.+)\.s?json$/.exec(path)?.[1];
    return start === undefined ? [] : [{ start, updated: textIn(entry.updated), index: digest }];
  });
}

async function readProducts(client: StreamsClient, { start, updated, index }: Listed, call: Call): Promise<readonly Disk[]> {
  const name = `the products file ${decodeURIComponent(start)}`;
  const document = await read(client, start, name, call, index);
  if (formatOf(document) !== 'products:1.0')
    throw providerError(`${name} of ${client.root.host} has the unknown format "${formatOf(document).slice(0, 40)}"`);
  if (isOlder(textIn(document.body.updated), updated))
    call.note({
      kind: 'warning',
      message: `${name} of ${client.root.host} is of ${textIn(document.body.updated) ?? ''}, the index says ${updated ?? ''}: newer images may be missing`,
    });
  return disksOf(client, document.body, document, call);
}

const isOlder = (one = '', other = ''): boolean => Date.parse(one) < Date.parse(other);

function disksOf(client: StreamsClient, body: JsonObject, { signer }: Document, call: Call): readonly Disk[] {
  const { disks, unsafe } = disksIn(body, client.disks, signer);
  if (unsafe.length > 0)
    call.note({
      kind: 'warning',
      message: `${unsafe.length} ${unsafe.length === 1 ? 'image is' : 'images are'} left out: the path leads outside of ${client.root.host} (${unsafe[0] ?? ''})`,
    });
  return disks;
}

import { conflictError, ImgctlError, providerError } from '../../core/errors.ts';
import type { ImageRecord } from '../../core/image.ts';
import { isMarkProperty } from '../../core/marks.ts';
import { isObject, textIn, type JsonObject } from '../../core/json.ts';
import type { Call, Description } from '../../core/operation.ts';
import { requireFree } from './aliases.ts';
import { ask, imageExists, imagePath, read, readImage, trusted, type IncusClient } from './client.ts';
import { propertiesOf, warnOfProperties } from './description.ts';
import { isOpen } from './errors.ts';
import { named, type Naming } from './named.ts';
import { lookedFor, settled, type Ended, type Settled } from './settle.ts';
import { propertiesIn } from './record.ts';

/** An image that the server is to make by itself. */
export interface Order {
  /** Of what, in the words of the API. */
  readonly source: JsonObject;
  /** Its id, where that is known before. */
  readonly id?: string;
  readonly naming: Naming;
  readonly more?: JsonObject;
  readonly what: string;
}

/**
 * Has the server make an image, and gives it its name. Throws CONFLICT where what it comes to is there already. Oddity: work that
 * has failed may have made it all the same.
 */
export async function makeThere(client: IncusClient, order: Order, call: Call): Promise<ImageRecord> {
  const { source, id, naming, more = {}, what } = order;
  const { description, mustBeFree } = naming;
  await trusted(client, what, call);
  if (mustBeFree) await requireFree(client, description.name, call);
  warnOfProperties(description.properties ?? {}, call);
  const before = id === undefined ? await allIds(client, call) : new Set<string>();
  if (id !== undefined) call.note({ kind: 'intended', id });
  const wanted = wantedOf(description);
  const json = { ...wanted, ...more, source };
  const ended = await begun(client, { json, what }, call);
  // What it makes has no name then.
  if (ended.is === 'running') throw id === undefined ? ended.error : ended.error.with({ leftover: id, uncertain: true });
  const told = ended.is === 'done' ? textIn(ended.metadata.fingerprint) : undefined;
  const asked = { source, properties: wanted.properties };
  const made = told ?? (await found(client, { id, before, asked, isLost: isLost(ended) }, call));
  if (made === undefined)
    throw ended.is === 'failed' ? ended.error : providerError(`${what}: the server does not say what it has made`);
  if (before.has(made))
    throw conflictError(`what would be made is there already: image ${made}`, {
      hint: 'Use it as it is, or give it a further name with:',
      next: [{ verb: 'patch', image: made, options: { set: `alias=${description.name}` } }],
    });
  call.note({ kind: 'created', id: made });
  const image = await named(client, naming, made, call);
  return asWanted(client, image, withoutMarks(image, wanted), call).catch((error: unknown) =>
    Promise.reject(error instanceof ImgctlError ? error.with({ leftover: made }) : (error as Error)),
  );
}

/** Has it begin, and waits for the end. That an answer was lost is a failure of which nothing is known yet. */
async function begun(client: IncusClient, { json, what }: { json: JsonObject; what: string }, call: Call): Promise<Settled> {
  try {
    const told = await ask(client, { method: 'POST', path: 'images', json, what }, call);
    return await settled(client, told, what, call);
  } catch (error) {
    if (!isOpen(error)) throw error;
    return { is: 'failed', error };
  }
}

const isLost = (ended: Ended): boolean => ended.is !== 'failed' || isOpen(ended.error);

interface Sought {
  readonly id: string | undefined;
  readonly before: ReadonlySet<string>;
  readonly asked: Asked;
  readonly isLost: boolean;
}

/** The image that has come to be; where nothing is known of its making it is waited for a little. Absent: there is none. */
async function found(
  client: IncusClient,
  { id, before, asked, isLost: mayCome }: Sought,
  call: Call,
): Promise<string | undefined> {
  const look = async (): Promise<string | undefined> => {
    if (id === undefined) return newId(client, before, asked, call);
    return (await imageExists(client, id, call)) ? id : undefined;
  };
  return mayCome ? lookedFor('the image to appear', look, call) : look();
}

async function allIds(client: IncusClient, call: Call): Promise<ReadonlySet<string>> {
  const paths = await read(client, 'images', 'listing images', call);
  return new Set(Array.isArray(paths) ? paths.flatMap((path: unknown) => /[0-9a-f]{64}/.exec(String(path))?.[0] ?? []) : []);
}

/** What an image was to be made from, and what it was to bear. */
interface Asked {
  readonly source: JsonObject;
  readonly properties: Readonly<Record<string, string>>;
}

/** The image that has come since and is what was asked for, where it is the only one: others are made in the meantime, too. */
async function newId(client: IncusClient, before: ReadonlySet<string>, asked: Asked, call: Call): Promise<string | undefined> {
  const images = await read(client, 'images', 'listing images', call, { recursion: '1' });
  const rows = Array.isArray(images) ? images.filter(isObject).filter((wire) => isAsked(wire, asked)) : [];
  const since = rows.flatMap(({ fingerprint }) => textIn(fingerprint) ?? []).filter((id) => !before.has(id));
  return since.length === 1 ? since[0] : undefined;
}

/** Oddity: what comes from a server of images does not bear what was asked for, but tells where it is from. */
function isAsked(wire: JsonObject, { source, properties }: Asked): boolean {
  if (typeof source.fingerprint === 'string') return String(wire.fingerprint).startsWith(source.fingerprint);
  const from = isObject(wire.update_source) ? wire.update_source : {};
  if (source.alias !== undefined) return from.alias === source.alias && from.server === source.server;
  const there = propertiesIn(wire);
  return Object.entries(properties).every(([name, value]) => there[name] === value);
}

/** What an image is to bear, in the words of the API. */
interface Wanted {
  readonly properties: Readonly<Record<string, string>>;
  readonly public: boolean;
}

export const wantedOf = (description: Description): Wanted => ({
  properties: propertiesOf(description),
  public: description.visibility === 'public',
});

/** What was decided about the source is not decided about what was made of it: those marks go that came along unasked. */
function withoutMarks(image: ImageRecord, { properties, ...wanted }: Wanted): Wanted {
  const inherited = Object.keys(image.properties).filter(isMarkProperty);
  // Oddity: a property goes by an empty value.
  return { ...wanted, properties: { ...Object.fromEntries(inherited.map((name) => [name, ''])), ...properties } };
}

/**
 * The image with what it is to bear laid over what it bears. Oddity: of some sources the server takes what the source says of the
 * image for more than what it was told.
 */
export async function asWanted(client: IncusClient, image: ImageRecord, wanted: Wanted, call: Call): Promise<ImageRecord> {
  const there = propertiesIn(image.raw);
  const properties = Object.entries(wanted.properties).filter(([name, value]) => there[name] !== value);
  if (properties.length === 0 && image.raw.public === wanted.public) return image;
  const json = { properties: Object.fromEntries(properties), public: wanted.public };
  await ask(client, { method: 'PATCH', path: imagePath(image.id), json, what: `changing ${image.id}` }, call);
  return readImage(client, image.id, call);
}

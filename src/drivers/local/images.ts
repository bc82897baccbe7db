import { conflictError, ImgctlError, integrityError } from '../../core/errors.ts';
import { parseJson, type JsonObject } from '../../core/json.ts';
import type { Call } from '../../core/operation.ts';
import { imageManifestOf, mayBeImage, type Descriptor, type ImageManifest } from '../_oci/manifest.ts';
import { storedRecord, type StoredRecord } from '../_oci/record.ts';
import { readDocument } from './blobs.ts';
import { damaged, Known, openCache, type DocumentCache } from './cache.ts';
import { throwIfAborted, imageNotFound } from './errors.ts';
import type { Folder } from './folder.ts';
import { nameOf, readIndex, type Index } from './index-file.ts';

const rereadings = 5;
const readersAtOnce = 16;

/** An image as it stands in a folder: the entry that names it, and what that leads to, parsed anew by each look at it. */
export class Found {
  readonly id: string;
  readonly entry: Descriptor;
  readonly #known: Known;

  constructor(entry: Descriptor, known: Known) {
    this.id = nameOf(entry) ?? storedRecord(known.record).id;
    this.entry = entry;
    this.#known = known;
  }
  /** The record as it was read. */
  get json(): JsonObject {
    return this.#known.record;
  }
  get record(): StoredRecord {
    return storedRecord(this.json);
  }
  get manifestJson(): JsonObject {
    return this.#known.manifest;
  }
  get manifest(): ImageManifest {
    const manifest = imageManifestOf(this.manifestJson);
    // Only a manifest of ours is kept with a record.
    if (!manifest) throw damaged(this.entry.digest);
    return manifest;
  }
}

/** What a manifest stands for; absent when it or its record is gone. */
async function read(folder: Folder, entry: Descriptor): Promise<Known | undefined> {
  const text = (await readDocument(folder, entry)) ?? '';
  const manifest = parseJson(text);
  if (!manifest) return undefined;
  const ours = imageManifestOf(manifest);
  const record = ours && parseJson((await readDocument(folder, ours.record)) ?? '');
  if (ours && !record) return undefined;
  return Known.of(entry.digest, text, record);
}

/**
 * Which of two readings of one id counts. A named entry beats an unnamed one, which another tool superseded; then the
 * higher revision, and of equal ones the later, which was added last.
 */
function better(kept: Found | undefined, each: Found): Found {
  if (!kept) return each;
  const [keptIsNamed, eachIsNamed] = [kept, each].map(({ entry }) => nameOf(entry) !== undefined);
  if (keptIsNamed !== eachIsNamed) return keptIsNamed ? kept : each;
  return each.record.revision >= kept.record.revision ? each : kept;
}

function byId(found: readonly Found[]): ReadonlyMap<string, Found> {
  const images = new Map<string, Found>();
  for (const each of found) images.set(each.id, better(images.get(each.id), each));
  return images;
}

export interface Catalogue {
  readonly index: Index;
  readonly images: ReadonlyMap<string, Found>;
  /** What the manifests stand for that the entries name, whoever made them. */
  readonly known: Pick<DocumentCache, 'get'>;
  /** Entries whose manifest or record is not there, or damaged. */
  readonly broken: readonly Descriptor[];
}

/** Nothing, for what is damaged: that is no reason not to show others, nor to keep it for ever. Throws any other error on. */
export function ifDamaged(error: unknown): undefined {
  if (!(error instanceof ImgctlError) || error.code !== 'INTEGRITY') throw error;
}

async function readAll(folder: Folder, index: Index, call: Pick<Call, 'signal' | 'note'>, isKept: boolean): Promise<Catalogue> {
  const entries = index.entries.filter(mayBeImage);
  call.note({ kind: 'expected', images: entries.length });
  const cache = await openCache(folder);
  const unread = entries.filter((entry) => !cache.get(entry.digest));
  const reader = async (): Promise<void> => {
    for (let entry = unread.pop(); entry; entry = unread.pop()) {
      throwIfAborted(call.signal);
      const known = await read(folder, entry).catch(ifDamaged);
      if (known) cache.put(known);
    }
  };
  await Promise.all(Array.from({ length: readersAtOnce }, reader));
  if (isKept) await cache.save(entries.map(({ digest }) => digest));
  const found: Found[] = [];
  const broken: Descriptor[] = [];
  for (const entry of entries) {
    const known = cache.get(entry.digest);
    if (known?.isOurs) found.push(new Found(entry, known));
    else if (!known) broken.push(entry);
  }
  return { index, images: byId(found), known: cache, broken };
}

/** What a user can name a damaged entry by. */
const shownId = (entry: Descriptor): string => {
  const name = nameOf(entry);
  return name === undefined ? `manifest ${entry.digest}` : `image ${name}`;
};

/** All images of a folder, as of one reading of its index. Entries that lead nowhere are reported as warnings. `isKept`: what was
 * read is kept for the next look. */
export async function readCatalogue(
  folder: Folder,
  call: Pick<Call, 'signal' | 'note'>,
  index?: Index,
  isKept = true,
): Promise<Catalogue> {
  for (let reading = 1; ; reading += 1) {
    throwIfAborted(call.signal);
    const catalogue = await readAll(folder, index ?? (await readIndex(folder)), call, isKept);
    // Between the index and its manifests somebody may have changed an image: then the index names others by now.
    if (catalogue.broken.length === 0 || index !== undefined || reading === rereadings) {
      for (const entry of catalogue.broken)
        call.note({
          kind: 'warning',
          message: `${folder.path}: skipped ${shownId(entry)}: its manifest or record is missing or corrupt`,
        });
      return catalogue;
    }
  }
}

/** Every reading of an image: by its name in the index; without such, unnamed entries whose record bears the id. */
async function readings(folder: Folder, index: Index, id: string): Promise<{ found: readonly Found[]; missing: boolean }> {
  const named = index.entries.filter((entry) => mayBeImage(entry) && nameOf(entry) === id);
  const candidates = named.length > 0 ? named : index.entries.filter((entry) => mayBeImage(entry) && nameOf(entry) === undefined);
  const known = await Promise.all(candidates.map((entry) => read(folder, entry).catch(ifDamaged)));
  const found = candidates.flatMap((entry, at) => {
    const documents = known[at];
    const one = documents?.isOurs ? new Found(entry, documents) : undefined;
    return one?.id === id ? [one] : [];
  });
  return { found, missing: named.length > 0 && known.includes(undefined) };
}

/** One image; absent if there is none of this id. Throws INTEGRITY when the index names it and its manifest or record is missing or damaged. */
export async function lookUp(folder: Folder, id: string, index?: Index): Promise<Found | undefined> {
  for (let reading = 1; ; reading += 1) {
    const { found, missing } = await readings(folder, index ?? (await readIndex(folder)), id);
    const image = byId(found).get(id);
    if (image || !missing) return image;
    if (reading === rereadings || index !== undefined)
      throw integrityError(`image ${id} is damaged: its manifest or record is missing or corrupt under ${folder.path}/blobs`, {
        hint: 'Restore the files from a backup, or remove the image with:',
        next: [{ verb: 'delete', image: id }],
      });
  }
}

/** One image. Throws NOT_FOUND. */
export async function find(folder: Folder, id: string, index?: Index): Promise<Found> {
  const found = await lookUp(folder, id, index);
  if (!found) throw imageNotFound(id, folder.path);
  return found;
}

/** The id that stands in the way of another, also one that differs in case only: not every file system tells them apart. */
export const takenBy = (index: Index, id: string): string | undefined =>
  index.entries.map(nameOf).find((name) => name?.toLowerCase() === id.toLowerCase());

/** Throws CONFLICT for an id that is taken. */
export function checkFree(index: Index, id: string): void {
  const taken = takenBy(index, id);
  if (taken !== undefined) throw conflictError(`id ${taken} already exists`, { hint: 'Omit --id to have one generated.' });
}

/** Throws CONFLICT where an image has the name. What is damaged has been warned of before. */
export async function checkNameFree(folder: Folder, index: Index, name: string, { signal }: Pick<Call, 'signal'>): Promise<void> {
  const { images } = await readCatalogue(folder, { signal, note: () => undefined }, index);
  const taken = [...images.values()].find(({ record }) => record.name === name);
  if (taken)
    throw conflictError(`image "${name}" already exists (${taken.id})`, {
      hint: 'Choose with --if-exists skip|replace|rename.',
    });
}

import { parseJson, type JsonObject } from '../../core/json.ts';
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { localError, providerError } from '../../core/errors.ts';
import { errnoMessage } from '../../core/errno.ts';
import { descriptorOf, refName, type Descriptor } from '../_oci/manifest.ts';
import { indexType } from '../_oci/media-types.ts';
import { ifThere } from './errors.ts';
import { indexPath, writeDurably, type Folder, type LockedFolder } from './folder.ts';
import { checkLayoutVersion } from './layout-version.ts';
import { readSafely } from './safe-file.ts';

const readings = 10;
const betweenMs = 20;

/** index.json as it was read. Its entries stay as they are, whoever made them; `entries` are those that can be understood. */
export interface Index {
  readonly json: JsonObject;
  readonly entries: readonly Descriptor[];
}

const emptyIndex: JsonObject = { schemaVersion: 2, mediaType: indexType, manifests: [] };

/** The entries as they were read, also those that cannot be understood. */
export const entriesOf = (json: JsonObject): readonly unknown[] => (Array.isArray(json.manifests) ? json.manifests : []);
const indexOf = (json: JsonObject): Index => ({ json, entries: entriesOf(json).flatMap((entry) => descriptorOf(entry) ?? []) });

/** Whether anything lies under `blobs`, whatever its algorithm. */
async function hasBlobs(folder: Folder): Promise<boolean> {
  const all = path.join(folder.path, 'blobs');
  for (const each of (await ifThere(`cannot read ${all}`, readdir(all, { withFileTypes: true }))) ?? []) {
    if (!each.isDirectory()) return true;
    const names = await ifThere(`cannot read ${all}`, readdir(path.join(all, each.name)));
    if (names !== undefined && names.length > 0) return true;
  }
  return false;
}

/** What is wrong with a text as an index; absent when nothing is. No list is not an empty list. */
function faultOf(json: JsonObject | undefined): string | undefined {
  if (json === undefined) return 'it is not a JSON object';
  if (!Array.isArray(json.manifests)) return 'it has no list of manifests';
  return json.schemaVersion === 2 ? undefined : 'it is not an OCI image index (schemaVersion 2)';
}

/**
 * The index of a folder; an empty one where there is none and nothing is stored yet. Throws PROVIDER for a layout of another version, or
 * when the index stays unreadable, is none, or is missing where blobs are: what leads nowhere then is not forgotten, but unknown. Throws LOCAL for a link:
 * it is replaced by a rename, and then what it led to would be left behind.
 * Oddity: skopeo and its kin write index.json by truncating it, without a lock: an empty or half file is read again.
 */
export async function readIndex(folder: Folder): Promise<Index> {
  await checkLayoutVersion(folder);
  const file = indexPath(folder);
  for (let reading = 1; ; reading += 1) {
    const text = (await readSafely(file))?.toString();
    const isNew = text === undefined && !(await hasBlobs(folder));
    const json = isNew ? emptyIndex : parseJson(text ?? '');
    const fault = text === undefined && !isNew ? 'it is missing' : faultOf(json);
    if (json && fault === undefined) return indexOf(json);
    if (reading === readings)
      throw providerError(`${file} is damaged: ${fault}`, {
        hint: 'Restore it from a backup; the data of the images is still under blobs/.',
      });
    await sleep(betweenMs);
  }
}

/** Gives a new folder its index, before it gets its first blob. Throws PROVIDER where one is missing. */
export async function makeIndex(folder: LockedFolder): Promise<void> {
  const file = indexPath(folder);
  if (await ifThere(`cannot read ${file}`, lstat(file))) return;
  const index = await readIndex(folder);
  await writeDurably(folder, file, JSON.stringify(index.json));
}

/** The id under which an entry stands; absent for an unnamed one. */
export const nameOf = (entry: Descriptor): string | undefined => entry.annotations?.[refName];

export function withoutName(entry: Descriptor): Descriptor {
  const { [refName]: _name, ...annotations } = entry.annotations ?? {};
  return { ...entry, annotations };
}

/**
 * Writes the index with its entries changed, in one step: `edit` gives an entry as it shall be, undefined takes it out;
 * `added` come behind. What cannot be understood stays. Call with an index that was read under the same lock. `done` says what holds
 * once it is written, for a failure that comes after that. Throws LOCAL.
 */
export async function writeIndex(
  folder: LockedFolder,
  index: Index,
  edit: (entry: Descriptor) => Descriptor | undefined,
  { added = [], done }: { readonly added?: readonly Descriptor[]; readonly done: string },
): Promise<void> {
  const manifests = entriesOf(index.json).flatMap((each) => {
    const entry = descriptorOf(each);
    return entry ? (edit(entry) ?? []) : [each];
  });
  const file = indexPath(folder);
  const text = JSON.stringify({ ...index.json, manifests: [...manifests, ...added] });
  try {
    await writeDurably(folder, file, text);
  } catch (error) {
    const now = await readSafely(file).catch(() => undefined);
    if (now?.toString() !== text) throw error;
    throw localError(`${done}, but that may not survive a power failure: ${errnoMessage(error)}`, { cause: error });
  }
}

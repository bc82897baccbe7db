import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { providerError } from '../../core/errors.ts';
import { descriptorOf, parseJson, refName, type Descriptor, type Json } from '../_oci/manifest.ts';
import { indexType } from '../_oci/media-types.ts';
import { ifThere } from './failure.ts';
import { indexPath, writeDurably, type Folder, type LockedFolder } from './folder.ts';

const readings = 10;
const betweenMs = 20;

/** index.json as it was read. Its entries stay as they are, whoever made them; `entries` are those that can be understood. */
export interface Index {
  readonly json: Json;
  readonly entries: readonly Descriptor[];
}

const emptyIndex: Json = { schemaVersion: 2, mediaType: indexType, manifests: [] };

const entriesOf = (json: Json): readonly unknown[] => (Array.isArray(json.manifests) ? json.manifests : []);
const indexOf = (json: Json): Index => ({ json, entries: entriesOf(json).flatMap((entry) => descriptorOf(entry) ?? []) });

/**
 * The index of a folder; an empty one where there is none. Throws PROVIDER when it stays unreadable.
 * Oddity: skopeo and its kin write index.json by truncating it, without a lock: an empty or half file is read again.
 */
export async function readIndex(folder: Folder): Promise<Index> {
  const file = indexPath(folder);
  for (let reading = 1; ; reading += 1) {
    const text = await ifThere(`reading ${file}`, readFile(file, 'utf8'));
    const json = text === undefined ? emptyIndex : parseJson(text);
    if (json) return indexOf(json);
    if (reading === readings)
      throw providerError(`${file} is damaged: it is no JSON object`, {
        hint: 'bring it back from a copy; the images themselves lie under blobs/',
      });
    await sleep(betweenMs);
  }
}

/** The id under which an entry stands; absent for an unnamed one. */
export const nameOf = (entry: Descriptor): string | undefined => entry.annotations?.[refName];

export function withoutName(entry: Descriptor): Descriptor {
  const { [refName]: _name, ...annotations } = entry.annotations ?? {};
  return { ...entry, annotations };
}

/**
 * Writes the index with its entries changed, in one step: `edit` gives an entry as it shall be, undefined takes it out;
 * `added` come behind. What cannot be understood stays. Call with an index that was read under the same lock.
 */
export async function writeIndex(
  folder: LockedFolder,
  index: Index,
  edit: (entry: Descriptor) => Descriptor | undefined,
  added: readonly Descriptor[] = [],
): Promise<Index> {
  const manifests = entriesOf(index.json).flatMap((each) => {
    const entry = descriptorOf(each);
    return entry ? (edit(entry) ?? []) : [each];
  });
  const json = { ...index.json, manifests: [...manifests, ...added] };
  await writeDurably(folder, indexPath(folder), JSON.stringify(json));
  return indexOf(json);
}

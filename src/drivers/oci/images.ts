import { parseJson, type JsonObject } from '../../core/json.ts';
import { conflictError, ImgctlError, providerError } from '../../core/errors.ts';
import type { Call } from '../../core/operation.ts';
import { checkId, ownIds } from '../_oci/ids.ts';
import { imageManifestOf, manifestText, type ImageData, type ImageManifest } from '../_oci/manifest.ts';
import { recordType } from '../_oci/media-types.ts';
import type { Documents } from '../_oci/image-documents.ts';
import { storedRecord } from '../_oci/record.ts';
import { pushEmpty, pushText, readText } from './blobs.ts';
import { digestOf } from '../_oci/digest.ts';
import { cacheDocument, cachedDocument } from './document-cache.ts';
import { digestNow, putManifest, readManifest, type Manifest } from './manifests.ts';
import { foreignOf } from './foreign-disk.ts';
import type { Found, Tagged } from './tagged.ts';
import type { Repository } from './repository.ts';
import { tagsOf } from './tags.ts';

function foundOf(id: string, text: string, manifest: ImageManifest, recordText: string, shown: string): Found {
  const json = parseJson(recordText);
  if (!json) throw providerError(`the record of image ${id} in ${shown} is not a JSON object`);
  return {
    id,
    digest: digestOf(text),
    text,
    manifest,
    manifestJson: parseJson(text) ?? {},
    recordText,
    json,
    record: storedRecord(json),
  };
}

/** What stands under a tag. The id must have been checked. Throws INTEGRITY for an image whose record is gone or damaged. */
export async function lookUp(repository: Repository, id: string, call: Call): Promise<Tagged> {
  const known = repository.read.get(id);
  const came = await readManifest(repository, id, known?.digest, call);
  if (came === 'unchanged') return known;
  if (came === undefined) return undefined;
  await cacheDocument(repository, came.digest, came.text);
  return tagged(repository, id, came, call);
}

/**
 * As `lookUp`, for whoever looks at many: of an image that an earlier run has read only the digest is asked for. Where most
 * of them are new, what is new is asked for at once.
 */
export async function recall(repository: Repository, id: string, call: Call): Promise<Tagged> {
  if (!repository.cache || repository.recalled < 0 || repository.refusesHead) return lookUp(repository, id, call);
  const digest = await digestNow(repository, id, call);
  if (digest === undefined) return undefined;
  const known = repository.read.get(id);
  if (known?.digest === digest) return known;
  const text = await cachedDocument(repository, digest);
  repository.recalled += text === undefined ? -1 : 1;
  return text === undefined ? lookUp(repository, id, call) : tagged(repository, id, { digest, text }, call);
}

async function tagged(repository: Repository, id: string, came: Manifest, call: Call): Promise<Tagged> {
  const json = parseJson(came.text) ?? {};
  const manifest = imageManifestOf(json);
  const found = manifest
    ? foundOf(id, came.text, manifest, await readText(repository, manifest.record.digest, call), repository.shown)
    : await foreignOf(repository, id, came.digest, json, call);
  repository.read.set(id, found);
  return found;
}

/**
 * What stands in the way of an id: whatever has it, also one that differs in case only, for not every folder that the image
 * may travel to tells them apart. Ids of our own making are all in lower case. Absent: it is free.
 */
async function takenBy(repository: Repository, id: string, call: Call): Promise<string | undefined> {
  const tags = ownIds.test(id) ? [] : await tagsOf(repository, call);
  const alike = tags.find((tag) => tag.toLowerCase() === id.toLowerCase());
  return alike ?? ((await digestNow(repository, id, call)) === undefined ? undefined : id);
}

/** Throws USAGE for what cannot be an id, CONFLICT for one that is taken. */
export async function checkFree(repository: Repository, id: string, call: Call): Promise<void> {
  checkId(id);
  const taken = await takenBy(repository, id, call);
  if (taken !== undefined)
    throw conflictError(`${taken} already exists in ${repository.shown}`, { hint: 'Omit --id to have one generated.' });
}

/**
 * Lets a tag name a manifest, unless it no longer names `before` (absent: nothing). Oddity: registries do not compare
 * by themselves, so the tag is looked at right before the write; of two who write in the same moment the last one wins.
 * Throws CONFLICT.
 */
export async function enter(
  repository: Repository,
  id: string,
  text: string,
  before: string | undefined,
  call: Call,
): Promise<void> {
  if ((await digestNow(repository, id, call)) !== before)
    throw conflictError(`image ${id} was changed by another client; nothing was changed`, { hint: 'Try again.' });
  await putManifest(repository, id, text, before, call);
}

/**
 * Writes the next state of an image: its record, and a manifest for it under the image's id. The disk must be there
 * already. Throws CONFLICT when the tag has moved away from `before`.
 */
export async function write(
  repository: Repository,
  next: {
    readonly id: string;
    readonly json: JsonObject;
    readonly data: ImageData;
    readonly before?: Pick<Found, 'digest'> | undefined;
  },
  call: Call,
): Promise<Found> {
  const { id, json, data, before } = next;
  const { name, createdAt } = storedRecord(json);
  const recordText = JSON.stringify(json);
  const record = await pushText(repository, recordType, recordText, call);
  const empty = data.disk ?? (await pushEmpty(repository, call));
  const text = manifestText({ record, empty, name, createdAt, ...data });
  await enter(repository, id, text, before?.digest, call);
  const found = foundOf(id, text, { record, ...data }, recordText, repository.shown);
  repository.read.set(id, found);
  return found;
}

/**
 * Enters an image with the documents that it has elsewhere, in the place of `before`, if any. The disk must be there already. Absent:
 * its id is taken.
 */
export async function adopt(
  repository: Repository,
  image: Documents,
  before: Pick<Found, 'digest'> | undefined,
  call: Call,
): Promise<Found | undefined> {
  const { id, text, manifest, recordText } = image;
  if (!before && (await takenBy(repository, id, call)) !== undefined) return undefined;
  await pushText(repository, recordType, recordText, call);
  await enter(repository, id, text, before?.digest, call);
  const found = foundOf(id, text, manifest, recordText, repository.shown);
  repository.read.set(id, found);
  return found;
}

/** An error that is about one image only: no reason not to show the others. */
export const isDamage = (error: unknown): error is ImgctlError => error instanceof ImgctlError && error.code === 'INTEGRITY';

import { ImgctlError } from '../../core/errors.ts';
import { parseJson, type JsonObject } from '../../core/json.ts';
import type { Call, OriginalDocuments, RelatedDocument, UploadRequest } from '../../core/operation.ts';
import { digestOf } from '../_oci/digest.ts';
import { descriptorOf, descriptorsOf } from '../_oci/manifest.ts';
import { indexType, manifestType } from '../_oci/media-types.ts';
import { bringBlobs } from './bring-blobs.ts';
import type { OciClient } from './client.ts';
import { digestNow, putManifest, readManifest } from './manifests.ts';
import { placeOf } from './mount.ts';
import { scope, urlIn, type Repository } from './repository.ts';
import { tagsOf } from './tags.ts';
import { isFine } from './transport.ts';

/** So many documents about one image, and about those, are taken along at most. */
const mostRelated = 256;
const usualDigest = /^sha256:[0-9a-f]{64}$/;

/** Whether a tag belongs to what has this digest: the referrers fallback tag (distribution-spec 1.1), cosign's `.sig`, `.att`, `.sbom`. */
const isTagOf = (tag: string, digest: string): boolean =>
  /^sha256-[0-9a-f]{64}(?:\.[\w.-]+)?$/.test(tag) && tag.startsWith(digest.replace(':', '-'));

const typeOf = ({ mediaType, manifests }: JsonObject): string =>
  typeof mediaType === 'string' ? mediaType : Array.isArray(manifests) ? indexType : manifestType;

/** Digests of what names a manifest as its subject, where the registry can tell. */
async function referrersOf(repository: Repository, digest: string, call: Call): Promise<readonly string[]> {
  const what = `reading what refers to ${digest} in ${repository.shown}`;
  const answer = await repository.wire.ask(
    { what, method: 'GET', url: urlIn(repository, `referrers/${digest}`), scopes: [scope(repository, 'pull')], welcome: 'any' },
    call,
  );
  const { manifests } = (isFine(answer) && parseJson(answer.text)) || {};
  return descriptorsOf(manifests).map((each) => each.digest);
}

/** What a repository has about a manifest: signatures, attestations, lists of contents, and what there is about those. */
export async function relatedTo(repository: Repository, digest: string, call: Call): Promise<readonly RelatedDocument[]> {
  const tags = await tagsOf(repository, call);
  const seen = new Set([digest]);
  const found: RelatedDocument[] = [];
  const visit = async (name: string): Promise<void> => {
    if (seen.has(name) || found.length >= mostRelated) return;
    seen.add(name);
    const came = await readManifest(repository, name, undefined, call);
    if (came === undefined || came === 'unchanged') return;
    const json = parseJson(came.text) ?? {};
    for (const child of descriptorsOf(json.manifests)) if (usualDigest.test(child.digest)) await visit(child.digest);
    found.push({ name, type: typeOf(json), text: came.text });
    await about(came.digest);
  };
  const about = async (one: string): Promise<void> => {
    for (const other of await referrersOf(repository, one, call)) if (usualDigest.test(other)) await visit(other);
    for (const tag of tags) if (isTagOf(tag, one)) await visit(tag);
  };
  await about(digest);
  return found;
}

/**
 * Lets a repository have what there is about an image where that comes from: it is the same here, by its digest. What stands here under
 * such a name already stays. The image is whole without them: what fails is told.
 */
export async function bringRelated(
  client: OciClient,
  { original, handover }: { readonly original: OriginalDocuments } & Pick<UploadRequest, 'handover'>,
  call: Call,
): Promise<void> {
  const { parts } = original;
  if (!parts) return;
  const { home } = client;
  const beside = handover && placeOf(client, handover);
  const bring = async ({ name, type, text }: RelatedDocument): Promise<void> => {
    const there = await digestNow(home, name, call);
    if (there === digestOf(text)) return;
    if (there !== undefined)
      return call.note({ kind: 'warning', message: `${home.shown}:${name} is another one there, and is kept` });
    const { config, layers } = parseJson(text) ?? {};
    const blobs = [descriptorOf(config) ?? [], ...descriptorsOf(layers)].flat().filter((blob) => usualDigest.test(blob.digest));
    await bringBlobs(client, blobs, { beside, open: (blob) => parts.open(blob) }, call);
    await putManifest(home, name, text, undefined, call, type);
  };
  try {
    for (const document of await parts.related(call)) await bring(document);
  } catch (error) {
    if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
    call.note({ kind: 'warning', message: `signatures and other documents about the image were not copied: ${error.message}` });
  }
}

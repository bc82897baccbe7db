import { formats, type Format } from '../../core/encoding.ts';
import { ImgctlError } from '../../core/errors.ts';
import { isObject, parseJson, type JsonObject } from '../../core/json.ts';
import type { Call } from '../../core/operation.ts';
import { descriptorOf, descriptorsOf, largestDocumentBytes, titleName, type Descriptor } from '../_oci/manifest.ts';
import { emptyType } from '../_oci/media-types.ts';
import { readText } from './blobs.ts';
import { containerDiskIn } from './container-disk.ts';
import { cacheDocument, cachedDocument } from './document-cache.ts';
import { diskOfRelease, fileOfRelease, isRelease } from './imgoci.ts';
import { readManifest } from './manifests.ts';
import type { Repository } from './repository.ts';
import type { Foreign } from './tagged.ts';

const diskEnding = /\.(raw|img|qcow2?|vmdk|vhdx?|vdi|iso)(\.(?:gz|zst|xz|bz2))?$/i;
const diskWord = /(?:^|[./+-])(?:disk|raw|img|qcow2?|vmdk|vhdx?|vdi|iso)(?:$|[./+;-])/i;
const usualDigest = /^sha256:[0-9a-f]{64}$/;

export const typeOf = ({ artifactType, config }: JsonObject): string =>
  typeof artifactType === 'string' ? artifactType : (descriptorOf(config)?.mediaType ?? '');

function kindOf(json: JsonObject): Foreign['kind'] {
  if (Array.isArray(json.manifests)) return 'index';
  return /container\.image|image\.config/.test(descriptorOf(json.config)?.mediaType ?? '') ? 'container image' : 'artifact';
}

const isDisk = ({ mediaType, annotations }: Descriptor, of: JsonObject, isOnly: boolean): boolean => {
  const title = annotations?.[titleName];
  if (title === undefined) return diskWord.test(isOnly ? `${typeOf(of)} ${mediaType}` : mediaType);
  return diskEnding.test(title) || diskWord.test(mediaType);
};

/** An artifact's only disk, as its name or a type says: so do people keep disks who push a file, with others beside it or without. */
function diskOf(json: JsonObject): Descriptor | undefined {
  const layers = descriptorsOf(json.layers).filter(({ mediaType }) => mediaType !== emptyType);
  const [disk, ...others] = layers.filter((layer) => isDisk(layer, json, layers.length === 1));
  return disk && others.length === 0 && usualDigest.test(disk.digest) ? disk : undefined;
}

/** The format that the name of a disk or its type has a word for; absent too where it is compressed: then its content tells. */
export function formatOf({ annotations, mediaType }: Descriptor): Format | undefined {
  const [, ending, wrapper] = diskEnding.exec(annotations?.[titleName] ?? '') ?? [];
  if (wrapper !== undefined) return undefined;
  const word = ending ?? /disk\.([a-z0-9]+)$/.exec(mediaType)?.[1];
  return formats.find((format) => format === word?.toLowerCase());
}

/** What of an index is for the usual machine; where it says nothing of machines, the first. Attestations are for none. */
function chosenOf(json: JsonObject): { readonly digest: string; readonly architecture?: string } | undefined {
  const entries = Array.isArray(json.manifests) ? (json.manifests as readonly unknown[]).filter(isObject) : [];
  const all = entries.flatMap((entry) => {
    const architecture = isObject(entry.platform) ? entry.platform.architecture : undefined;
    if (typeof entry.digest !== 'string' || !usualDigest.test(entry.digest) || architecture === 'unknown') return [];
    return [{ digest: entry.digest, ...(typeof architecture === 'string' ? { architecture } : {}) }];
  });
  return all.find(({ architecture }) => architecture === 'amd64') ?? all[0];
}

async function readJson(repository: Repository, digest: string, call: Call): Promise<JsonObject> {
  const known = await cachedDocument(repository, digest);
  if (known !== undefined) return parseJson(known) ?? {};
  const came = await readManifest(repository, digest, undefined, call);
  if (typeof came !== 'object') return {};
  await cacheDocument(repository, came.digest, came.text);
  return parseJson(came.text) ?? {};
}

/** The machine that a container image is for, as its config says it; absent where that cannot be read: it is a disk all the same. */
async function architectureIn(repository: Repository, json: JsonObject, call: Call): Promise<Pick<Foreign, 'architecture'>> {
  const config = descriptorOf(json.config);
  if (!config || config.size > largestDocumentBytes || !usualDigest.test(config.digest)) return {};
  const text = await readText(repository, config.digest, call).catch((error: unknown) => {
    if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
    return '';
  });
  const { architecture } = parseJson(text) ?? {};
  return typeof architecture === 'string' && architecture !== '' ? { architecture } : {};
}

async function diskInRelease(repository: Repository, json: JsonObject, call: Call) {
  const entry = diskOfRelease(json);
  const file = entry && fileOfRelease(entry, await readJson(repository, entry.digest, call));
  return file ? { ...file, type: 'imgoci' } : {};
}

/** The disk in a manifest of another tool, and for which machine it is. */
async function diskIn(
  repository: Repository,
  json: JsonObject,
  call: Call,
): Promise<Pick<Foreign, 'disk' | 'architecture' | 'type'>> {
  if (isRelease(json)) return diskInRelease(repository, json, call);
  const kind = kindOf(json);
  if (kind === 'artifact') {
    const disk = diskOf(json);
    return disk ? { disk, type: typeOf(json) } : {};
  }
  if (kind === 'container image') {
    const disk = await containerDiskIn(repository, json, call);
    return disk ? { disk, type: 'containerDisk', ...(await architectureIn(repository, json, call)) } : {};
  }
  const chosen = chosenOf(json);
  const inner = chosen ? await readJson(repository, chosen.digest, call) : {};
  // An index in an index is nobody's disk.
  if (!chosen || kindOf(inner) === 'index') return {};
  const { architecture } = chosen;
  return { ...(await diskIn(repository, inner, call)), ...(architecture === undefined ? {} : { architecture }) };
}

/** What a manifest is that is not ours. What of it cannot be read is no disk. */
export async function foreignOf(
  repository: Repository,
  id: string,
  digest: string,
  json: JsonObject,
  call: Call,
): Promise<Foreign> {
  const found = await diskIn(repository, json, call).catch((error: unknown) => {
    if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
    call.note({ kind: 'warning', message: `cannot tell whether ${repository.shown}:${id} is a disk: ${error.message}` });
    return {};
  });
  return { id, digest, manifestJson: json, kind: kindOf(json), ...found };
}

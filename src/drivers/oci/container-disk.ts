import type { JsonObject } from '../../core/json.ts';
import type { Call } from '../../core/operation.ts';
import { descriptorsOf, type Descriptor } from '../_oci/manifest.ts';
import { readBlob } from './blobs.ts';
import type { Repository } from './repository.ts';

/** A disk goes into an image by one layer, or by one on top of an empty one. */
const mostLayers = 2;
/** So much of a layer is read to see what it begins with, and so many of its files are looked at. */
const lookBytes = 16 * 1024;
const mostFiles = 8;
const headerBytes = 512;

const layerType = /^application\/vnd\.(?:oci\.image\.layer\.v1\.tar|docker\.image\.rootfs\.diff\.tar)(?:[+.]gzip)?$/;
const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** What the beginning of a layer is once it is decompressed, as far as it goes; nothing where it is no gzip. */
async function decompressed(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new DecompressionStream('gzip');
  const writer = stream.writable.getWriter();
  const reader = stream.readable.getReader();
  // That it is cut off is known: what came before the end counts.
  const ended = writer
    .write(bytes)
    .then(() => writer.close())
    .catch(() => undefined);
  const first = await reader.read().catch(() => undefined);
  await reader.cancel().catch(() => undefined);
  await ended;
  return first?.value ?? new Uint8Array();
}

/** Names of the first files of a tar archive (POSIX.1-1988, "ustar"), as far as they stand in these bytes. */
function* namesIn(tar: Uint8Array): Generator<string> {
  const text = (at: number, length: number): string =>
    String.fromCharCode(...tar.subarray(at, at + length)).replace(/\0.*$/s, '');
  for (let at = 0, seen = 0; at + headerBytes <= tar.length && seen < mostFiles; seen += 1) {
    const size = Number.parseInt(text(at + 124, 12).trim() || '0', 8);
    if (text(at, 100) === '' || !Number.isSafeInteger(size)) return;
    yield text(at, 100);
    at += headerBytes + Math.ceil(size / headerBytes) * headerBytes;
  }
}

/**
 * The layer of a container image that is a disk for KubeVirt: a file in `/disk`, and nothing else matters. Absent where it has none. It
 * is seen by what the layer begins with.
 */
export async function containerDiskIn(repository: Repository, json: JsonObject, call: Call): Promise<Descriptor | undefined> {
  const layers = descriptorsOf(json.layers);
  const last = layers.at(-1);
  if (!last || layers.length > mostLayers || !layerType.test(last.mediaType)) return undefined;
  const pieces: Uint8Array[] = [];
  for await (const piece of readBlob(repository, last, 0, lookBytes - 1, call)) pieces.push(piece);
  const bytes = new Uint8Array(Buffer.concat(pieces));
  const names = [...namesIn(isGzip(bytes) ? await decompressed(bytes) : bytes)];
  return names.some((name) => /^\.?\/*disk\/./.test(name) || /^\.?\/*disk\/$/.test(name)) ? last : undefined;
}

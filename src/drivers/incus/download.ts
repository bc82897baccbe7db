import { createHash } from 'node:crypto';
import { integrityError, providerError, unsupportedError } from '../../core/errors.ts';
import type { Compression } from '../../core/encoding.ts';
import type { Bytes, ReceiveAnswer } from '../../core/http.ts';
import { compressions } from '../../core/encoding.ts';
import type { ImageRecord } from '../../core/image.ts';
import type { Call, Download, Operation } from '../../core/operation.ts';
import { addressFor, imagePath, readImage, signedBy, wayOf, type IncusClient } from './client.ts';
import { errorFrom } from './errors.ts';
import { handoverOf } from './server-side-copy.ts';
import { boundaryOf, collected, partsOf, type Part } from './multipart.ts';
import { virtualMachine } from './record.ts';

/** Bytes that metadata may have. */
const mostMetadata = 64 * 1024 * 1024;

/** Oddity: of how many files an image consists shows only in the answer to the export, which knows neither its length nor ranges. */
export const download: Operation<IncusClient, 'download'> = {
  ranges: false,

  async run(client, { id }, call) {
    const image = await readImage(client, id, call);
    if (image.raw.type !== virtualMachine)
      throw unsupportedError(`image "${image.name}" is of a container: a file system, and no disk`, {
        hint: 'Only another server of Incus or LXD takes it. Have one fetch it with:',
        next: [{ verb: 'copy', image: id, args: ['PROFILE'] }],
      });
    const answer = await exported(client, id, call);
    const boundary = boundaryOf(answer.headers['content-type']);
    if (boundary === undefined) {
      await close(answer.bytes);
      return archive(client, image, answer, call);
    }
    const length = await lengthOfDisk(image, answer.bytes, boundary);
    const handover = await handoverOf(client, image, call);
    return { ...disk(client, image, length, call), ...(handover ? { handover } : {}) };
  },
};

async function exported(client: IncusClient, id: string, call: Call): Promise<ReceiveAnswer> {
  const url = addressFor(client, `${imagePath(id)}/export`);
  const answer = await client.http.receive({ ...wayOf(client), headers: signedBy(client), url }, call);
  if (answer.status === 200) return answer;
  const text = await answer.text();
  throw errorFrom({ ...answer, text, url, json: () => undefined }, `reading the data of ${id}`);
}

const close = async (bytes: Bytes): Promise<void> => void (await bytes[Symbol.asyncIterator]().return?.());

/** The size of an image is that of its two files together. Only the first one is read for this. */
async function lengthOfDisk({ id, sizeBytes }: ImageRecord, bytes: Bytes, boundary: string): Promise<number | undefined> {
  for await (const part of partsOf(bytes, boundary)) {
    const metadata = await metadataIn(part, id);
    return sizeBytes === undefined ? undefined : sizeBytes - metadata.length;
  }
  throw providerError(`reading the data of ${id}: the answer holds no file`);
}

async function metadataIn(part: Part, id: string): Promise<Buffer> {
  if (part.name !== 'metadata') throw providerError(`reading the data of ${id}: the answer begins with ${part.name}`);
  return Buffer.concat(await collected(part.bytes, mostMetadata));
}

function disk(client: IncusClient, { id }: ImageRecord, bytes: number | undefined, call: Call): Download {
  return {
    encoding: { format: 'qcow2' },
    verifiedBy: 'sha256',
    ...(bytes === undefined ? {} : { bytes }),
    open: (from = 0, to) => between(diskBytes(client, id, call), from, to),
  };
}

/** The bytes of the disk. Throws INTEGRITY where they and the metadata are not what the id is a digest of. */
async function* diskBytes(client: IncusClient, id: string, call: Call): AsyncGenerator<Uint8Array> {
  const what = `reading the data of ${id}`;
  const answer = await exported(client, id, call);
  const boundary = boundaryOf(answer.headers['content-type']);
  if (boundary === undefined) throw providerError(`${what}: the image is another one than it was`);
  const hash = createHash('sha256');
  let files = 0;
  for await (const part of partsOf(answer.bytes, boundary)) {
    files += 1;
    if (files === 1) hash.update(await metadataIn(part, id));
    else
      for await (const chunk of part.bytes) {
        hash.update(chunk);
        yield chunk;
      }
  }
  const digest = hash.digest('hex');
  if (digest !== id) throw integrityError(`${what}: what came has the fingerprint ${digest}`);
}

/** An image that is one archive, with the disk inside: what came of an instance, or of `incus image import FILE`. */
function archive(client: IncusClient, { id }: ImageRecord, answer: ReceiveAnswer, call: Call): Download {
  const ending = /filename="?[^";]*\.tar(?:\.(\w+))?"?/.exec(answer.headers['content-disposition'] ?? '')?.[1];
  const compression = compressionOf(ending);
  const length = Number(answer.headers['content-length']);
  return {
    encoding: { format: 'tar', ...(compression ? { compression } : {}) },
    ...(Number.isSafeInteger(length) ? { bytes: length } : {}),
    digests: { sha256: id },
    open: (from = 0, to) => between(archiveBytes(client, id, call), from, to),
  };
}

async function* archiveBytes(client: IncusClient, id: string, call: Call): AsyncGenerator<Uint8Array> {
  yield* (await exported(client, id, call)).bytes;
}

/** The bytes from one to another, both with it: the server gives all or none. Who stops before the end is told nothing of the whole. */
async function* between(bytes: Bytes, from: number, to = Infinity): AsyncGenerator<Uint8Array> {
  if (from === 0 && to === Infinity) return yield* bytes;
  let at = 0;
  for await (const chunk of bytes) {
    const wanted = chunk.subarray(Math.max(0, from - at), Math.max(0, to + 1 - at));
    if (wanted.length > 0) yield wanted;
    at += chunk.length;
    if (at > to) return;
  }
}

const endings: Readonly<Record<string, Compression>> = { gz: 'gzip', bz2: 'bzip2', zst: 'zstd' };
const compressionOf = (ending = ''): Compression | undefined => endings[ending] ?? compressions.find((name) => name === ending);

import { unsupportedError } from '../../core/errors.ts';
import type { Call, UploadRequest } from '../../core/operation.ts';
import { blockListOf, layersOf } from '../_oci/block-list.ts';
import { manifestIn } from '../_oci/image-documents.ts';
import { dataOf } from '../_oci/manifest.ts';
import { readText } from './blobs.ts';
import { bringBlobs } from './bring-blobs.ts';
import type { OciClient } from './client.ts';
import type { Pushed } from './disk.ts';
import { placeOf } from './mount.ts';

/** Brings a disk that lies in blocks elsewhere as those very blobs. Throws UNSUPPORTED where they cannot be had. */
export async function bringParts(
  client: OciClient,
  { original, handover }: Pick<UploadRequest, 'original' | 'handover'>,
  call: Call,
): Promise<Pushed> {
  const { home } = client;
  const parts = original?.parts;
  const { disk, blocks, ...rest } = manifestIn(original) ?? {};
  if (!parts || !disk || !blocks) throw unsupportedError(`${home.shown} has no use for the parts of the image`);
  const beside = handover && placeOf(client, handover);
  await bringBlobs(client, dataOf({ ...rest, disk, blocks }), { beside, open: (blob) => parts.open(blob) }, call);
  const list = blockListOf(await readText(home, disk.digest, call), home.shown);
  layersOf(list, blocks);
  return { digest: disk.digest, size: disk.size, layered: { blocks, bytes: list.bytes } };
}

import { conflictError, integrityError, unsupportedError } from '../../core/errors.ts';
import type { ImageRecord } from '../../core/image.ts';
import type { Call, OriginalParts, UploadRequest } from '../../core/operation.ts';
import { beforeRetry, isPassing } from '../../core/retry.ts';
import { blockListOf, layersOf } from '../_oci/block-list.ts';
import { manifestIn } from '../_oci/image-documents.ts';
import type { Descriptor } from '../_oci/manifest.ts';
import { blobSize, isIntact, readDocument } from './blobs.ts';
import type { LocalClient } from './client.ts';
import { DraftFolder } from './draft-folder.ts';
import { beginData, enterData } from './store-data.ts';
import { writeNewFile } from './write-temporary-file.ts';

/**
 * Takes a disk that lies in blocks elsewhere as those very blobs; what of it is here already is read. Throws UNSUPPORTED where they
 * cannot be had, INTEGRITY where one is not what its digest says.
 */
export async function takeParts(client: LocalClient, request: UploadRequest, call: Call): Promise<ImageRecord> {
  const { home } = client;
  const { original, content } = request;
  const parts = original?.parts;
  const { disk, blocks } = manifestIn(original) ?? {};
  if (!parts || !disk || !blocks) throw unsupportedError(`${home.path} has no use for the parts of the image`);
  const id = await beginData(client, request, content.encoding, call);
  const here: Descriptor[] = [];
  const missing: Descriptor[] = [];
  for (const blob of [disk, ...blocks]) ((await isIntact(home, blob, call.signal)) ? here : missing).push(blob);
  const drafts = await DraftFolder.open(home);
  try {
    await drafts.fill(missing, hexOf, (blob, file) => fetchPart(parts, blob, file, call));
    await drafts.sync();
    return await enterData(
      client,
      request,
      id,
      content,
      async (folder) => {
        for (const { digest, size } of here)
          if ((await blobSize(folder, digest)) !== size)
            throw conflictError(`${digest} was removed from ${home.path} by another client`, { hint: 'Try again.' });
        await drafts.place(folder);
        const list = blockListOf((await readDocument(folder, disk)) ?? '', original.id);
        layersOf(list, blocks);
        const { digest, size } = disk;
        return { digest, size, layered: { blocks, bytes: list.bytes }, contentId: await request.contentId?.() };
      },
      call,
    );
  } finally {
    await drafts.close();
  }
}

const hexOf = ({ digest }: Descriptor): string => digest.slice('sha256:'.length);

async function fetchPart(parts: OriginalParts, blob: Descriptor, file: string, call: Call): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      const { size, hex } = await writeNewFile(file, parts.open(blob), call.signal);
      if (size === blob.size && hex === hexOf(blob)) return;
    } catch (error) {
      if (!isPassing(error)) throw error;
      await beforeRetry(error, tries, call);
      continue;
    }
    throw integrityError(`a part of the image is damaged: its SHA-256 is not ${hexOf(blob)}`);
  }
}

import type { BlockRequest, BlockUpload } from '../../core/blocks.ts';
import type { Call } from '../../core/operation.ts';
import { blockBytesOf, hexOf, LayerList } from '../_oci/layer-cut.ts';
import { blockListType, typeOfBlock } from '../_oci/media-types.ts';
import { putDocument } from './blobs.ts';
import type { LocalClient } from './client.ts';
import type { DraftFolder } from './draft-folder.ts';
import { beginData, enterData } from './store-data.ts';

/**
 * Takes a raw disk as blobs of its own, one for each block that holds anything. Why not one sparse file beside a list of its blocks,
 * which would take the same room: what lies among the blobs of an OCI image layout is called by the SHA-256 of all its bytes, and zeros
 * are hashed as slowly as data, 20 s for 32 GiB where this takes one; and of the next version of a disk that would be rewritten
 * whole, while blocks that are the same are the same blob. They are not compressed, as those in a registry are: the holes within them
 * take no room here, they can be linked and read without unpacking, and gzip would take longer than all the rest.
 */
export async function takeLayers(
  client: LocalClient,
  request: BlockRequest,
  drafts: DraftFolder,
  call: Call,
): Promise<BlockUpload> {
  const { content } = request;
  const blockBytes = blockBytesOf(content.bytes);
  const list = new LayerList(blockBytes);
  const id = await beginData(client, request, content.encoding, call);
  return {
    ref: drafts.name,
    blockBytes,
    async put(block, within) {
      const hex = hexOf(block);
      await drafts.put({ hex, bytes: block.bytes }, within.signal);
      list.add(block, { mediaType: typeOfBlock(undefined), digest: `sha256:${hex}`, size: block.bytes.length });
    },
    async complete(sent, within) {
      const { bytes } = sent.content;
      const { text, blocks } = list.finished(bytes);
      const contentId = await request.contentId?.();
      await drafts.sync();
      const image = await enterData(
        client,
        request,
        id,
        content,
        async (folder) => {
          await drafts.place(folder);
          const { digest, size } = await putDocument(folder, blockListType, text);
          return { digest, size, layered: { blocks, bytes }, contentId };
        },
        within,
      );
      await drafts.close();
      return image;
    },
    abort: () => drafts.close(),
  };
}

import type { BlockRequest, BlockUpload } from '../../core/blocks.ts';
import type { Call, Content, Operation } from '../../core/operation.ts';
import { accepts } from '../_oci/accepts.ts';
import { goesInLayers, layers, layoutExtra } from '../_oci/layer-cut.ts';
import { imageType } from '../_oci/media-types.ts';
import { recordFields } from '../_oci/record-revision.ts';
import type { LocalClient } from './client.ts';
import { DraftFolder } from './draft-folder.ts';
import { takeLayers } from './layers.ts';
import { storeData } from './store-data.ts';
import { takeParts } from './take-parts.ts';
import { writeTemporaryFile } from './write-temporary-file.ts';

/** Who sends has to hash what is not known beforehand: once is enough. What is said beforehand has to be proved. */
const hashedBy = (content: Content): (() => string | undefined) | undefined =>
  content.sha256 === undefined ? () => content.sent().digests.sha256 : undefined;

async function inDrafts(client: LocalClient, request: BlockRequest, drafts: DraftFolder, call: Call): Promise<BlockUpload> {
  try {
    return await takeLayers(client, request, drafts, call);
  } catch (error) {
    await drafts.close();
    throw error;
  }
}

export const upload: Operation<LocalClient, 'upload'> = {
  accepts,
  fields: recordFields,
  ownId: true,
  into: true,
  digests: ['sha256'],
  verifies: true,
  extras: { layout: layoutExtra },
  blocks: layers,
  originals: imageType,
  inBlocks: ({ layout }, request) => (!request.inParts && goesInLayers(layout, request) ? layers : undefined),
  begin: async (client, request, call) => inDrafts(client, request, await DraftFolder.open(client.home), call),
  resume: async (client, ref, request, call) => inDrafts(client, request, await DraftFolder.takeOver(client.home, ref), call),
  run(client, request, call) {
    if (request.inParts) return takeParts(client, request, call);
    const { content, ...target } = request;
    const draft = () => writeTemporaryFile(client.home, content.open(), call.signal, hashedBy(content));
    return storeData(client, target, content, draft, call);
  },
};

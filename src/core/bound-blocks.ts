import { checkedResult } from './answer-check.ts';
import type { BlockFacts, BlockForm, BlockOperation, BlockRequest, BlockUpload } from './blocks.ts';
import type { Image, ImageRecord } from './image.ts';
import type { Call } from './operation.ts';

/** An upload in blocks to one account. Images carry profile and provider. */
export interface BoundBlocks {
  /** The blocks in which this content is to go; none: by `run`. */
  inBlocks(request: BlockForm): BlockFacts | undefined;
  /** Begins an upload; gives the image itself where the provider has all of it already. */
  begin(request: BlockRequest, call: Call): Promise<BlockUpload<Image> | Image>;
  /** Goes on with an upload of another run. Throws NOT_FOUND where it is already gone. Absent: none can be gone on with. */
  resume?(ref: string, request: BlockRequest, call: Call): Promise<BlockUpload<Image>>;
  /** Takes away what another run has begun. Throws NOT_FOUND where it is already gone. Absent: by `resume`. */
  abandon?(ref: string, call: Call): Promise<void>;
}

type Place = { readonly profile: string; readonly provider: string };

export const isBlockUpload = <Made extends object>(begun: BlockUpload<Made> | Made): begun is BlockUpload<Made> =>
  'complete' in begun;

/** A driver's block form for one client. `always`: there is no other form. */
export function boundBlocks<Client>(operation: BlockOperation<Client>, client: Client, at: Place, always: boolean): BoundBlocks {
  const { resume, abandon } = operation;
  const made = async (record: ImageRecord): Promise<Image> =>
    (await checkedResult('upload', {}, Promise.resolve(record), at)) as Image;
  return {
    inBlocks: (request) => {
      const wanted = operation.inBlocks ? operation.inBlocks(client, request) : operation.blocks;
      return wanted ?? (always ? operation.blocks : undefined);
    },
    async begin(request, call) {
      const begun = await operation.begin(client, request, call);
      return isBlockUpload(begun) ? boundUpload(begun, made) : made(begun);
    },
    ...(resume ? { resume: async (ref, request, call) => boundUpload(await resume(client, ref, request, call), made) } : {}),
    ...(abandon ? { abandon: (ref, call) => abandon(client, ref, call) } : {}),
  };
}

/** Asked of the upload at each use: its `ref` may be another one after each block. */
const boundUpload = (upload: BlockUpload, made: (record: ImageRecord) => Promise<Image>): BlockUpload<Image> => ({
  get ref() {
    return upload.ref;
  },
  ...(upload.blockBytes === undefined ? {} : { blockBytes: upload.blockBytes }),
  has: (index) => upload.has?.(index) ?? false,
  put: (block, call) => upload.put(block, call),
  complete: async (sent, call) => made(await upload.complete(sent, call)),
  abort: (call) => upload.abort(call),
});

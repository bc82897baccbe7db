import { isBlockUpload } from '../../core/bound-blocks.ts';
import type { BlockFacts, BlockRequest, BlockUpload } from '../../core/blocks.ts';
import type { Bound } from '../../core/driver.ts';
import { ImgctlError } from '../../core/errors.ts';
import { isNoSuchImage } from '../../core/answer-error.ts';
import type { Image, ImageRecord } from '../../core/image.ts';
import type { Call, UploadRequest } from '../../core/operation.ts';
import { whileLost } from '../../core/retry.ts';
import { sendBlocks } from '../../transfer/blocks/send-blocks.ts';

/** An upload that has a block form, and may have the other. */
export type BlockwiseUpload = Bound<'upload'> & Required<Pick<Bound<'upload'>, 'blocks' | 'begin' | 'inBlocks'>>;

/**
 * Sends a content in the form that the account takes it in: as one stream or in blocks, and in blocks where the stream was too much at
 * once; `most` blocks are under way at once, and no more than the provider takes. Throws as `run` and `sendBlocks` do.
 */
export async function sendContent(upload: BlockwiseUpload, request: UploadRequest, call: Call, most = Infinity): Promise<Image> {
  const inBlocks = (facts: BlockFacts): Promise<Image> =>
    sendInBlocks(upload, { ...facts, concurrency: Math.min(facts.concurrency, most) }, request, call);
  const blocks = upload.inBlocks(withoutBytes(request));
  if (blocks) return inBlocks(blocks);
  try {
    return await upload.run(request, call);
  } catch (error) {
    const isTooMuch = error instanceof ImgctlError && error.circumstances.tooMuchAtOnce === true;
    if (!isTooMuch || !request.content.repeatable) throw error;
    return inBlocks(upload.blocks);
  }
}

function withoutBytes({
  content: { open: _open, pieces: _pieces, hashing: _hashing, arrived: _arrived, sent: _sent, ...content },
  ...request
}: UploadRequest): BlockRequest {
  return { ...request, content };
}

const sendInBlocks = (upload: BlockwiseUpload, blocks: BlockFacts, request: UploadRequest, call: Call): Promise<Image> =>
  whileLost(
    request.content,
    async (beginning) => {
      const begun = await beginOrGoOn(upload, request, beginning, call);
      return isBlockUpload(begun) ? sendBlocks(request.content, noting(begun, call), blocks, call) : begun;
    },
    call,
  );

/** The upload that another run has begun, where it is still there; else a new one. */
async function beginOrGoOn(
  upload: BlockwiseUpload,
  request: UploadRequest,
  beginning: number,
  call: Call,
): Promise<BlockUpload<Image> | Image> {
  const asked = withoutBytes(request);
  const { goesOn } = request;
  if (goesOn === undefined || beginning > 1 || !upload.resume) return upload.begin(asked, call);
  try {
    return await upload.resume(goesOn, asked, call);
  } catch (error) {
    if (!isNoSuchImage(error)) throw error;
    return upload.begin(asked, call);
  }
}

/** The same upload, which tells its name whenever that is another one. */
function noting<Made extends ImageRecord>(upload: BlockUpload<Made>, call: Call): BlockUpload<Made> {
  let told: string | undefined;
  const tell = (): void => {
    if (upload.ref !== told) call.note({ kind: 'sending', ref: (told = upload.ref) });
  };
  tell();
  return {
    get ref() {
      return upload.ref;
    },
    ...(upload.blockBytes === undefined ? {} : { blockBytes: upload.blockBytes }),
    has: (index) => upload.has?.(index) ?? false,
    put: (block, within) => upload.put(block, within).then(tell),
    complete: (sent, within) => upload.complete(sent, within),
    abort: (within) => upload.abort(within),
  };
}

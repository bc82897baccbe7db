import { ImgctlError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import type { Call, Digests } from '../../core/operation.ts';
import type { Signer } from '../../core/signature.ts';
import { temporaryFolder } from '../../host/paths.ts';
import { detect } from '../../transfer/detect.ts';
import { fullScan } from '../../transfer/full-scan.ts';
import { strongest } from '../../transfer/published-digests.ts';
import type { Account } from '../account/account.ts';
import type { EngineContext } from '../context.ts';
import { publishedSource } from './published-source.ts';
import { formatNamed } from './transfer.ts';

/** What was found in the data of an image, or why it could not be read; `isDamaged`: it is there, or should be, and is not as it was stored. */
export type ReadImage =
  | { readonly digests: Digests; readonly contentId: string | undefined; readonly signer?: string }
  | { readonly unread: string; readonly isDamaged: boolean };

/**
 * Reads all the data of an image; of a publisher's it is verified as its account asks for, and told who has signed it. Throws ABORTED;
 * what keeps it from being read otherwise is handed out.
 */
export async function readImage(at: Account, image: Image, call: Call, context: EngineContext): Promise<ReadImage> {
  const download = at.maybe('download');
  if (!download) return { unread: `${at.provider} offers no download`, isDamaged: false };
  if (image.status === 'failed') return { unread: `it has failed${whyFailed(image)}`, isDamaged: true };
  if (image.status !== 'active') return { unread: `it is ${image.status}`, isDamaged: false };
  const task = context.task(`read ${image.name}`);
  try {
    let signer: string | undefined;
    const proved = ({ fingerprint }: Signer): void => void (signer = fingerprint);
    const source = await publishedSource(
      await download.run({ id: image.id }, call),
      { at: at as Account<'download'>, image, call, proved },
      context,
    );
    const declared = formatNamed(image.diskFormat);
    const seen = await detect(declared === undefined ? source : { ...source, declared });
    const known = strongest(image.checksums);
    const algorithms = new Set(['sha256', 'sha512', ...(known ? [known.algorithm] : [])]);
    const { digests, contentId } = await fullScan(seen, [...algorithms], temporaryFolder(context.home), call.signal);
    return { digests, contentId, ...(signer === undefined ? {} : { signer }) };
  } catch (error) {
    if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
    return { unread: error.message, isDamaged: error.code === 'INTEGRITY' || error.code === 'NOT_FOUND' };
  } finally {
    task.done();
  }
}

const whyFailed = ({ progress }: Image): string => (progress?.message === undefined ? '' : `: ${progress.message}`);

import type { Image } from '../../core/image.ts';
import type { Call, Download } from '../../core/operation.ts';
import { resumingSource } from '../../transfer/resume.ts';
import { downloadSource, type Source } from '../../transfer/source.ts';
import type { Account } from '../account/account.ts';

/** The image whose data is read. */
interface Published {
  readonly at: Account<'download'>;
  readonly image: Image;
  readonly call: Call;
}

/** The data of an image, gone on with where a connection breaks, with what is known of it, and held against what its publisher says of it. */
export async function publishedSource(data: Download, { at, image, call }: Published): Promise<Source> {
  const offered = downloadSource(data, `${at.profile}:${image.id}`, at.driver.worksOnFiles);
  return heldInside(
    {
      ...(at.verb('download').ranges ? resumingSource(offered, call) : offered),
      digests: { ...image.checksums, ...data.digests },
      ...(image.contentId === undefined ? {} : { contentId: image.contentId }),
    },
    data,
  );
}

async function heldInside(source: Source, { encoding, uncompressedDigests }: Download): Promise<Source> {
  if (!encoding?.compression || !uncompressedDigests) return source;
  const { checkedInside } = await import('../../transfer/uncompressed-digests.ts');
  return checkedInside(source, encoding.compression, uncompressedDigests);
}

import { integrityError } from '../../core/errors.ts';
import type { Operation } from '../../core/operation.ts';
import { fileReader } from '../_published/data.ts';
import { unreliable } from '../_published/distrust.ts';
import type { ChecksumsClient } from './client.ts';
import { errorFrom } from './errors.ts';
import { findImage, imageBefore } from './find.ts';
import type { PublishedImage } from './images.ts';
import { reliableDigests } from './record.ts';

export const download: Operation<ChecksumsClient, 'download'> = {
  ranges: true,
  /** Throws INTEGRITY where no digest that can be relied on is published, unless the server alone is trusted. */
  async run(client, { id }, call) {
    const { image, images } = await findImage(client, id, call);
    const { file, disk } = image;
    const digests = reliableDigests(image);
    if (Object.keys(digests).length === 0 && client.publisher.assurance !== 'nothing') throw refusalOf(image);
    const before = imageBefore(images, image)?.id;
    return {
      ...(disk.encoding ? { encoding: disk.encoding } : {}),
      ...(file.bytes === undefined ? {} : { bytes: file.bytes }),
      digests,
      open: fileReader(client.publisher, file.url, (status) => errorFrom(file.url, status, before), call),
    };
  },
};

function refusalOf({ id, file: { contradiction, digests } }: PublishedImage): Error {
  if (contradiction !== undefined) return integrityError(`the checksum file contradicts itself about ${id}: ${contradiction}`);
  const only = Object.keys(digests);
  return unreliable(id, only.length > 0 ? `only ${only.join(' and ')}` : 'none');
}

import type { Operation } from '../../core/operation.ts';
import { fileReader } from '../_published/data.ts';
import { unreliable } from '../_published/distrust.ts';
import type { StreamsClient } from './client.ts';
import { encodingOf } from './disk-types.ts';
import { errorFrom } from './errors.ts';
import { idBefore } from './find.ts';
import { addressOf, digestsOf, sizeOf } from './record.ts';
import { readDisk } from './show.ts';

export const download: Operation<StreamsClient, 'download'> = {
  ranges: true,
  /** Throws INTEGRITY where no digest that can be relied on is published, unless the user trusts whatever comes. */
  async run(client, { id }, call) {
    const { disk, versions } = await readDisk(client, id, call);
    const { md5: _weak, ...digests } = digestsOf(disk);
    if (Object.keys(digests).length === 0 && client.publisher.assurance !== 'nothing')
      throw unreliable(disk.id, 'neither sha512 nor sha256');
    const [url, bytes, encoding] = [addressOf(client, disk), sizeOf(disk), encodingOf(disk.ftype)];
    const before = idBefore(versions, disk);
    return {
      ...(encoding ? { encoding } : {}),
      ...(bytes === undefined ? {} : { bytes }),
      digests,
      open: fileReader(client.publisher, url, (status) => errorFrom(url, status, before), call),
    };
  },
};

import type { ListRequest, Operation } from '../../core/operation.ts';
import { architectureOf } from '../../core/architecture.ts';
import type { CoreosClient } from './client.ts';
import type { StreamImage } from './images.ts';
import { recordFrom } from './record.ts';
import { readImages } from './stream.ts';

const own = {
  arch: 'Architecture, such as arm64',
  platform: 'Platform, such as openstack or qemu',
};

/** Oddity: what is usually meant is a part of what is published; `all` and hidden images are everything. */
export const list: Operation<CoreosClient, 'list'> = {
  filters: [],
  own,
  async *run(client, request, call) {
    call.signal.throwIfAborted();
    const images = await readImages(client, call);
    const wanted = images.filter((image) => isMeant(client, image, request) && isWanted(image, request.own));
    call.note({ kind: 'expected', images: wanted.length });
    for (const image of wanted.slice(0, request.limit)) {
      call.signal.throwIfAborted();
      yield recordFrom(client, image);
    }
  },
};

const isMeant = ({ architecture }: CoreosClient, image: StreamImage, { scope, hidden, own: wanted }: ListRequest): boolean =>
  scope === 'all' || hidden || (image.isUsual && (wanted.arch !== undefined || image.architecture === architecture));

const isWanted = (image: StreamImage, { arch, platform }: ListRequest['own']): boolean =>
  (arch === undefined || image.architecture === architectureOf(arch)) && (platform === undefined || image.platform === platform);

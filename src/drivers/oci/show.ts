import type { Operation } from '../../core/operation.ts';
import type { OciClient } from './client.ts';
import { withPlaces } from './copies.ts';
import { foreignImage, notDisk } from './foreign.ts';
import { findAny } from './find.ts';
import { isOurs } from './tagged.ts';

export const show: Operation<OciClient, 'show'> = {
  async run(client, { id }, call) {
    const found = await findAny(client.home, id, call);
    if (isOurs(found)) return withPlaces(client, found, call);
    const image = foreignImage(client.home, found);
    if (image) return image;
    throw notDisk(client.home, found);
  },
};

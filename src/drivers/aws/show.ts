import type { ImageRecord } from '../../core/image.ts';
import type { Call, Operation } from '../../core/operation.ts';
import type { AwsClient } from './client.ts';
import { copiesOf } from './copies.ts';
import { findImage, type FoundImage } from './images.ts';
import { everybody, knownPermissions } from './permissions.ts';
import { recordFrom } from './record.ts';

/** An image with what other calls say of it: who has it, and where its copies are. */
export async function described(client: AwsClient, found: FoundImage, call: Call): Promise<ImageRecord> {
  const [permissions, copies] = await Promise.all([knownPermissions(client, found, call), copiesOf(client, found, call)]);
  const { region, wire } = found;
  if (permissions === 'others') return recordFrom(wire, { region, whose: 'others', copies });
  const isShared = permissions?.some((holder) => holder !== everybody);
  return recordFrom(wire, { region, copies, ...(isShared === undefined ? {} : { whose: 'own', isShared }) });
}

/** An image by its id. Throws NOT_FOUND. */
export const readImage = async (client: AwsClient, id: string, call: Call): Promise<ImageRecord> =>
  described(client, await findImage(client, id, call), call);

export const show: Operation<AwsClient, 'show'> = {
  run: (client, { id }, call) => readImage(client, id, call),
};

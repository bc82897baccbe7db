import type { Operation } from '../../core/operation.ts';
import type { AwsClient } from './client.ts';
import { removeImage } from './deregister.ts';
import { findImage } from './images.ts';

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeregisterImage.html. Copies in other regions are images of their own. */
export const remove: Operation<AwsClient, 'delete'> = {
  takes: 'snapshots',
  run: async (client, { id }, call) => removeImage(client, await findImage(client, id, call), call),
};

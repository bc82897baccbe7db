import type { Operation } from '../../core/operation.ts';
import type { AwsClient } from './client.ts';
import { changeState } from './deactivate.ts';

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EnableImage.html */
export const reactivate: Operation<AwsClient, 'reactivate'> = {
  run: (client, { id }, call) => changeState(client, id, 'EnableImage', 'active', call),
};

import { conflictError } from '../../core/errors.ts';
import type { ImageRecord, Status } from '../../core/image.ts';
import type { Call, Operation } from '../../core/operation.ts';
import type { AwsClient } from './client.ts';
import { findImage } from './images.ts';
import { knownPermissions } from './permissions.ts';
import { statusOf } from './record.ts';
import { described } from './show.ts';
import { textIn } from './xml.ts';

/** How long a change of state takes at most: seconds, as a rule. */
const stateMs = 120_000;

/** Does an action that changes the state of an image, and waits for that. */
export async function changeState(
  client: AwsClient,
  id: string,
  action: string,
  wanted: Status,
  call: Call,
): Promise<ImageRecord> {
  const now = await findImage(client, id, call);
  const { region } = now;
  if (statusOf(textIn(now.wire.imageState) ?? '') === wanted) return described(client, now, call);
  await client.ec2({ region, action, what: `${action} of image ${id}`, form: { ImageId: id }, repeatable: true }, call);
  return call.until(
    `image ${id} to be ${wanted}`,
    async () => {
      const image = await described(client, await findImage(client, id, call), call);
      return image.status === wanted ? image : undefined;
    },
    stateMs,
  );
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DisableImage.html */
export const deactivate: Operation<AwsClient, 'deactivate'> = {
  // Nobody can launch it, not even its owner.
  force: 'hard',
  loses: ['shares', 'visibility'],
  async run(client, { id }, call) {
    const found = await findImage(client, id, call);
    if (found.wire.imageState === 'pending')
      throw conflictError(`image ${id} is pending`, { hint: 'Wait for it with:', next: [{ verb: 'wait', image: id }] });
    const holders = await knownPermissions(client, found, call);
    if (Array.isArray(holders) && holders.length > 0)
      call.note({
        kind: 'warning',
        message: `image ${id} could be used by ${holders.join(', ')}: deactivating takes that away, and reactivating does not give it back`,
      });
    return changeState(client, id, 'DisableImage', 'inactive', call);
  },
};

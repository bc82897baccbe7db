import { notFoundError } from '../../core/errors.ts';
import type { Call, Operation } from '../../core/operation.ts';
import { listed, type AwsClient } from './client.ts';
import { awsCode } from './errors.ts';
import { imageId } from './images.ts';
import { pagesOf } from './pages.ts';
import { readImage } from './show.ts';
import { rowsIn, textIn, type XmlObject } from './xml.ts';

/** What is in the recycle bin of a region under this id. */
async function inBin(client: AwsClient, region: string, id: string, call: Call): Promise<XmlObject | undefined> {
  const request = {
    region,
    action: 'ListImagesInRecycleBin',
    what: 'looking into the recycle bin',
    form: listed('ImageId', [id]),
  };
  try {
    return rowsIn((await client.ec2(request, call)).imageSet).find((row) => textIn(row.imageId) === id);
  } catch (error) {
    if (awsCode(error) === 'InvalidAMIID.NotFound') return undefined;
    throw error;
  }
}

const timeIn = (row: XmlObject): number => Date.parse(textIn(row.recycleBinEnterTime) ?? '');

/** An image and its snapshots are put into the bin by one call. */
const togetherMs = 60_000;

/** The bin does not tell which snapshots an image had: those that name it, and those that went with it. */
async function restoreSnapshots(client: AwsClient, region: string, image: XmlObject, call: Call): Promise<void> {
  const id = textIn(image.imageId) ?? '';
  const list = {
    region,
    action: 'ListSnapshotsInRecycleBin',
    what: 'looking into the recycle bin',
    rows: 'snapshotSet',
    key: 'snapshotId',
  };
  const found: string[] = [];
  for await (const rows of pagesOf(client, list, call))
    for (const row of rows) {
      const isItsOwn = textIn(row.description)?.includes(id) || Math.abs(timeIn(row) - timeIn(image)) <= togetherMs;
      if (isItsOwn) found.push(textIn(row.snapshotId) ?? '');
    }
  for (const snapshot of found) {
    const form = { SnapshotId: snapshot };
    await client.ec2(
      { region, action: 'RestoreSnapshotFromRecycleBin', what: `restoring snapshot ${snapshot}`, form, repeatable: true },
      call,
    );
  }
}

/** Its snapshots first: without them it does not come back. https://docs.aws.amazon.com/ebs/latest/userguide/recycle-bin-working-with-amis.html */
export const restore: Operation<AwsClient, 'restore'> = {
  async run(client, { id }, call) {
    const regions = imageId.test(id) ? await client.regions(call) : [];
    for (const region of regions) {
      const image = await inBin(client, region, id, call);
      if (!image) continue;
      await restoreSnapshots(client, region, image, call);
      const form = { ImageId: id };
      await client.ec2(
        { region, action: 'RestoreImageFromRecycleBin', what: `restoring image ${id}`, form, repeatable: true },
        call,
      );
      client.fresh.add(id);
      client.regionOf.set(id, region);
      return readImage(client, id, call);
    }
    throw notFoundError(`image "${id}" is not in the recycle bin`, {
      hint: 'Only what a retention rule of the account covers goes there.',
    });
  },
};

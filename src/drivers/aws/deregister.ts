import { ImgctlError, notFoundError, partialError, type Circumstances } from '../../core/errors.ts';
import type { Call } from '../../core/operation.ts';
import type { AwsClient } from './client.ts';
import { awsCode } from './errors.ts';
import { protectedError } from './fields.ts';
import type { FoundImage } from './images.ts';
import { snapshotsOf } from './record.ts';
import { rowsIn, textIn, type XmlObject } from './xml.ts';

/** What became of a snapshot: gone, needed by another image, or still there because of this. */
interface Outcome {
  readonly id: string;
  readonly result: string;
}

/** Deletes a snapshot; `skipped` where an image still holds it. */
async function deleteSnapshot(client: AwsClient, region: string, id: string, call: Call): Promise<Outcome> {
  try {
    await client.ec2(
      { region, action: 'DeleteSnapshot', what: `deleting snapshot ${id}`, form: { SnapshotId: id }, repeatable: true },
      call,
    );
    return { id, result: 'success' };
  } catch (error) {
    if (!(error instanceof ImgctlError)) throw error;
    if (awsCode(error) === 'InvalidSnapshot.NotFound') return { id, result: 'success' };
    return { id, result: awsCode(error) === 'InvalidSnapshot.InUse' ? 'skipped' : error.message };
  }
}

/** A snapshot of a failed upload away. Throws what keeps it. */
export async function removeSnapshot(client: AwsClient, region: string, id: string, call: Call): Promise<void> {
  const { result } = await deleteSnapshot(client, region, id, call);
  if (result !== 'success') throw partialError(`snapshot ${id} could not be deleted: ${result}`, leftSnapshots(region, [id]));
}

/** Snapshots that are still there: what no image holds is deleted by AWS's own command line. */
export const leftSnapshots = (region: string, ids: readonly string[]): Circumstances => ({
  leftover: ids.join(', '),
  isLeftoverPart: true,
  hint: ids.map((id) => `Delete it with: aws ec2 delete-snapshot --region ${region} --snapshot-id ${id}`).join('\n'),
});

const outcomesIn = (body: XmlObject): readonly Outcome[] =>
  rowsIn(body.deleteSnapshotResultSet).map((row) => ({ id: textIn(row.snapshotId) ?? '', result: textIn(row.returnCode) ?? '' }));

async function deregister(client: AwsClient, { wire, region }: FoundImage, call: Call): Promise<readonly Outcome[]> {
  const id = textIn(wire.imageId) ?? '';
  const request = { region, action: 'DeregisterImage', what: `deleting image ${id}`, repeatable: true };
  try {
    return outcomesIn(await client.ec2({ ...request, form: { ImageId: id, DeleteAssociatedSnapshots: 'true' } }, call));
  } catch (error) {
    if (awsCode(error) === 'InvalidAMIID.Unavailable') throw notFoundError(`image "${id}" not found`, { cause: error });
    // Older parts of AWS, and what stands in for it, take the image alone.
    if (awsCode(error) !== 'UnknownParameter') throw error;
    await client.ec2({ ...request, form: { ImageId: id } }, call);
    return Promise.all(snapshotsOf(wire).map((snapshot) => deleteSnapshot(client, region, snapshot, call)));
  }
}

/**
 * Takes an image away, and its snapshots but for those that other images hold; those are told of. Throws CONFLICT for a protected one,
 * PARTIAL where a snapshot is still there, and named, although nobody holds it.
 */
export async function removeImage(client: AwsClient, found: FoundImage, call: Call): Promise<void> {
  const id = textIn(found.wire.imageId) ?? '';
  if (/^(enabled|disabled after)/.test(textIn(found.wire.deregistrationProtection) ?? '')) throw protectedError(id);
  const outcomes = await deregister(client, found, call);
  const named = (wanted: (result: string) => boolean): readonly string[] =>
    outcomes.filter(({ result }) => wanted(result)).map((one) => one.id);
  const kept = named((result) => result === 'skipped');
  if (kept.length > 0) call.note({ kind: 'warning', message: `kept, since other images hold it: ${kept.join(', ')}` });
  const isLeft = (result: string): boolean => result !== 'success' && result !== 'skipped';
  const left = named(isLeft);
  if (left.length === 0) return;
  const why = [...new Set(outcomes.map(({ result }) => result).filter(isLeft))].join('; ');
  const message = `image ${id} is deleted, but not its snapshots ${left.join(', ')} (${why})`;
  throw partialError(message, leftSnapshots(found.region, left));
}

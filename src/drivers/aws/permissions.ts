import { ImgctlError } from '../../core/errors.ts';
import type { Call } from '../../core/operation.ts';
import type { AwsClient } from './client.ts';
import { awsCode } from './errors.ts';
import type { FoundImage } from './images.ts';
import { rowsIn, textIn, type XmlObject } from './xml.ts';

/** Everybody, in the words of the API. */
export const everybody = 'all';

/** Who it names: an account, everybody, an organisation or a part of one. */
const holderIn = (row: XmlObject): string | undefined =>
  [row.userId, row.group, row.organizationArn, row.organizationalUnitArn].map(textIn).find(Boolean);

/** Who may launch an image. Throws AUTH for one that is somebody else's. */
export async function launchPermissions(client: AwsClient, { wire, region }: FoundImage, call: Call): Promise<readonly string[]> {
  const id = textIn(wire.imageId) ?? '';
  const form = { ImageId: id, Attribute: 'launchPermission' };
  const what = `reading who may use image ${id}`;
  const body = await client.ec2({ region, action: 'DescribeImageAttribute', what, form }, call);
  return rowsIn(body.launchPermission).flatMap((row) => holderIn(row) ?? []);
}

/** The same; `others` for an image that is somebody else's, absent where this user may not ask. */
export async function knownPermissions(
  client: AwsClient,
  found: FoundImage,
  call: Call,
): Promise<readonly string[] | 'others' | undefined> {
  try {
    return await launchPermissions(client, found, call);
  } catch (error) {
    if (!(error instanceof ImgctlError) || error.code !== 'AUTH' || error.circumstances.accepted !== true) throw error;
    return awsCode(error) === 'AuthFailure' ? 'others' : undefined;
  }
}

/** Lets everybody launch an image. */
export async function openToAll(client: AwsClient, id: string, region: string, call: Call): Promise<void> {
  const form = { ImageId: id, 'LaunchPermission.Add.1.Group': everybody };
  await client.ec2({ region, action: 'ModifyImageAttribute', what: `making image ${id} public`, form, repeatable: true }, call);
}

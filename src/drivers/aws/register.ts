import { conflictError, ImgctlError, providerError } from '../../core/errors.ts';
import type { Call, Description, ExtraValues } from '../../core/operation.ts';
import { beforeRetry } from '../../core/retry.ts';
import type { Action, AwsClient } from './client.ts';
import { awsCode } from './errors.ts';
import { wireArchitecture } from './fields.ts';
import { findImage, madeHere, ownByName, type FoundImage } from './images.ts';
import type { BootFacts } from './boot.ts';
import { snapshotsOf } from './record.ts';
import type { SnapshotAt } from './snapshots.ts';
import { newTags, tagSpecification, type Tag } from './tags.ts';
import { textIn, type XmlObject } from './xml.ts';

/** Whether an answer leaves open if something was made. */
const isOpen = (error: unknown): error is ImgctlError =>
  error instanceof ImgctlError && (error.code === 'NETWORK' || error.code === 'PROVIDER') && error.circumstances.unsent !== true;

const nameOf = ({ form }: Action): string => form?.Name ?? '';

const taken = (name: string, there: readonly XmlObject[], cause?: unknown): ImgctlError =>
  conflictError(
    `the name ${name} is taken at AWS, by ${there.map(({ imageId }) => textIn(imageId)).join(', ') || 'another image'}`,
    {
      ...(cause === undefined ? {} : { cause }),
      hint: 'Use another name, or --if-exists rename: no image can take the place of another one of its name.',
    },
  );

/** Throws CONFLICT where an image of that name is there: it would be refused once all bytes are sent. */
export async function requireFreeName(client: AwsClient, region: string, name: string, call: Call): Promise<void> {
  const there = await ownByName(client, region, name, call);
  if (there.length > 0) throw taken(name, there);
}

/**
 * Makes an image, and gives its id. Names are what a lost answer is made up for by: of two of one name the second is refused, and what
 * is there and `isOurs` is what was made. Throws CONFLICT for a name that is taken.
 */
export async function makeImage(
  client: AwsClient,
  action: Action,
  isOurs: (wire: XmlObject) => boolean,
  call: Call,
): Promise<string> {
  for (let tries = 1; ; tries += 1) {
    try {
      const body = await client.ec2(action, call);
      const id = textIn(body.imageId);
      if (!id) throw providerError(`${action.what}: the answer has no id of an image`);
      madeHere(client, id, action.region, call);
      return id;
    } catch (error) {
      const isTaken = awsCode(error) === 'InvalidAMIName.Duplicate';
      if (!isTaken && !isOpen(error)) throw error;
      const there = await ownByName(client, action.region, nameOf(action), call).catch(() => {
        throw error instanceof ImgctlError && !isTaken ? error.with({ uncertain: true }) : error;
      });
      const id = textIn(there.find(isOurs)?.imageId);
      if (id) {
        madeHere(client, id, action.region, call);
        return id;
      }
      if (isTaken) throw taken(nameOf(action), there, error);
      await beforeRetry(error as ImgctlError, tries, call);
    }
  }
}

/** What an image is made of. */
export interface NewImage {
  readonly description: Description;
  readonly extras: ExtraValues;
  readonly snapshot: SnapshotAt;
  readonly gib?: number;
  readonly boot?: BootFacts;
  readonly tags?: readonly Tag[];
}

const textOf = (value: string | number | boolean | undefined): string | undefined =>
  value === undefined ? undefined : String(value);

/** Oddity: what is left out is for machines of 2006 (`i386`, `paravirtual`, no enhanced networking), so nothing is left out. */
export function registration({
  description,
  extras,
  snapshot,
  gib,
  boot = {},
  tags = [],
}: NewImage): Readonly<Record<string, string | undefined>> {
  const architecture = wireArchitecture(textOf(extras.architecture) ?? description.architecture ?? boot.architecture ?? 'x86_64');
  const isArm = architecture.startsWith('arm64');
  const device = textOf(extras.rootDevice) ?? '/dev/xvda';
  const isOurMode = boot.architecture === undefined || boot.architecture === architecture;
  return {
    Name: description.name,
    Description: description.description || undefined,
    Architecture: architecture,
    VirtualizationType: 'hvm',
    EnaSupport: textOf(extras.ena) ?? 'true',
    SriovNetSupport: isArm ? undefined : 'simple',
    RootDeviceName: device,
    'BlockDeviceMapping.1.DeviceName': device,
    'BlockDeviceMapping.1.Ebs.SnapshotId': snapshot.id,
    'BlockDeviceMapping.1.Ebs.VolumeSize': textOf(gib),
    'BlockDeviceMapping.1.Ebs.VolumeType': textOf(extras.volumeType) ?? 'gp3',
    'BlockDeviceMapping.1.Ebs.DeleteOnTermination': 'true',
    BootMode: textOf(extras.bootMode) ?? (isOurMode && !(isArm && boot.mode !== 'uefi') ? boot.mode : undefined),
    TpmSupport: textOf(extras.tpm),
    ImdsSupport: textOf(extras.imds),
    ...tagSpecification(['image'], [...new Map([...newTags(description), ...tags])]),
  };
}

/** The image, which is of this snapshot. Throws PROVIDER where it is of another one: what stands in for AWS may not read what it was told. */
export async function imageOf(client: AwsClient, id: string, { id: snapshot }: SnapshotAt, call: Call): Promise<FoundImage> {
  const found = await findImage(client, id, call);
  // Of an image that is just being made it need not stand there yet.
  const there = snapshotsOf(found.wire);
  if (there.length === 0 || there.includes(snapshot)) return found;
  throw providerError(`image ${id} was to be made of ${snapshot}, and is of ${there.join(', ')}`, { leftover: id });
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RegisterImage.html */
export const registerImage = (client: AwsClient, wanted: NewImage, call: Call): Promise<string> =>
  makeImage(
    client,
    { region: wanted.snapshot.region, action: 'RegisterImage', what: 'registering the image', form: registration(wanted) },
    (wire) => snapshotsOf(wire).includes(wanted.snapshot.id),
    call,
  );

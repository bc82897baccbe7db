import { usageError } from '../../core/errors.ts';
import { began } from '../../core/job-operation.ts';
import type { Call, CreateRequest, Operation } from '../../core/operation.ts';
import type { AwsClient } from './client.ts';
import { removeSnapshot } from './deregister.ts';
import { bootExtras, checkName, newFields } from './fields.ts';
import { imageOf, makeImage, registerImage, requireFreeName, type NewImage } from './register.ts';
import { readImage } from './show.ts';
import { awaitSnapshot } from './snapshots.ts';
import { newTags, tagSpecification } from './tags.ts';
import { textIn } from './xml.ts';

type Named = CreateRequest & { readonly description: { readonly name: string } };

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateImage.html. Oddity: the instance is started anew unless that is refused. */
async function fromInstance(client: AwsClient, region: string, instance: string, request: Named, call: Call): Promise<string> {
  const { description, extras } = request;
  if (description.architecture !== undefined)
    throw usageError('an image of an instance is for the architecture of that instance', { hint: 'Omit --architecture.' });
  const form = {
    InstanceId: instance,
    Name: description.name,
    Description: description.description || undefined,
    NoReboot: String(extras.reboot !== true),
    ...tagSpecification(['image', 'snapshot'], newTags(description)),
  };
  const since = Date.now() - 60_000;
  return makeImage(
    client,
    { region, action: 'CreateImage', what: `making an image of ${instance}`, form },
    (wire) => textIn(wire.sourceInstanceId) === instance || Date.parse(textIn(wire.creationDate) ?? '') >= since,
    call,
  );
}

/** The id of an image that is of the snapshot that it was to be of. */
async function registered(client: AwsClient, wanted: NewImage, call: Call): Promise<string> {
  const id = await registerImage(client, wanted, call);
  await imageOf(client, id, wanted.snapshot, call);
  return id;
}

/** A volume is first made a snapshot of, which goes again where no image comes of it. */
async function fromVolume(client: AwsClient, region: string, volume: string, request: Named, call: Call): Promise<string> {
  const form = { VolumeId: volume, Description: `made by imgctl for ${request.description.name}`.slice(0, 255) };
  const body = await client.ec2({ region, action: 'CreateSnapshot', what: `making a snapshot of ${volume}`, form }, call);
  const snapshot = { id: textIn(body.snapshotId) ?? '', region };
  try {
    await awaitSnapshot(client, snapshot, call);
    return await registered(client, { ...request, snapshot }, call);
  } catch (error) {
    await removeSnapshot(client, region, snapshot.id, { ...call, signal: AbortSignal.timeout(30_000) });
    throw error;
  }
}

function make(client: AwsClient, region: string, request: Named, call: Call): Promise<string> {
  const { fromDisk = '' } = request;
  if (/^snap-[0-9a-f]+$/.test(fromDisk)) return registered(client, { ...request, snapshot: { id: fromDisk, region } }, call);
  if (/^i-[0-9a-f]+$/.test(fromDisk)) return fromInstance(client, region, fromDisk, request, call);
  if (/^vol-[0-9a-f]+$/.test(fromDisk)) return fromVolume(client, region, fromDisk, request, call);
  throw usageError(fromDisk === '' ? 'AWS creates an image from a disk, never an empty record' : `invalid disk: ${fromDisk}`, {
    hint: 'Use --from-disk with a snapshot (snap-…), a volume (vol-…) or an instance (i-…), or upload a file.',
  });
}

export const create: Operation<AwsClient, 'create'> = {
  from: ['disk'],
  later: true,
  fields: newFields,
  place: 'region',
  extras: { ...bootExtras, reboot: { kind: 'flag', help: 'stop the instance for a consistent disk; default false' } },
  async run(client, request, call) {
    const { name = '' } = request.description;
    checkName(name);
    const region = request.place ?? (await client.home(call));
    await requireFreeName(client, region, name, call);
    const id = await make(client, region, { ...request, description: { ...request.description, name } }, call);
    began(call, { verb: 'create', image: id, place: region });
    return readImage(client, id, call);
  },
};

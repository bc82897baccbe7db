import { randomUUID } from 'node:crypto';
import { requireKnownPlaces } from '../../core/conflict.ts';
import { conflictError, ImgctlError, providerError, usageError } from '../../core/errors.ts';
import type { ImageRecord, PlaceState } from '../../core/image.ts';
import { began } from '../../core/job-operation.ts';
import type { Call, Operation, ReplicateRequest } from '../../core/operation.ts';
import { listed, type AwsClient } from './client.ts';
import { copiesNamed } from './copies.ts';
import { removeImage } from './deregister.ts';
import { findImage, imageIn, madeHere, type FoundImage } from './images.ts';
import { requireRegions } from './places.ts';
import { placeTag, statusOf } from './record.ts';
import { described, readImage } from './show.ts';
import { writeTags } from './tags.ts';
import { rowsIn, textIn } from './xml.ts';

/** A copy that lies in a region already, or is on its way there. */
async function copyIn(client: AwsClient, region: string, origin: string, call: Call): Promise<string | undefined> {
  const form = {
    ...listed('Owner', ['self']),
    'Filter.1.Name': 'source-image-id',
    'Filter.1.Value.1': origin,
    IncludeDisabled: 'true',
  };
  const body = await client.ec2(
    { region, action: 'DescribeImages', what: `looking for copies of ${origin} in ${region}`, form },
    call,
  );
  const usable = rowsIn(body.imagesSet).find((row) => ['active', 'pending'].includes(statusOf(textIn(row.imageState) ?? '')));
  return textIn(usable?.imageId);
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopyImage.html: asked in the region that it goes to. */
async function copyTo(client: AwsClient, region: string, { wire, region: from }: FoundImage, call: Call): Promise<string> {
  const origin = textIn(wire.imageId) ?? '';
  const key = client.values.kmsKeyId;
  const form = {
    SourceImageId: origin,
    SourceRegion: from,
    Name: textIn(wire.name) || origin,
    Description: textIn(wire.description) || undefined,
    ClientToken: randomUUID(),
    CopyImageTags: 'true',
    // A key is good in its own region only.
    ...(key?.includes(`:${region}:`) ? { Encrypted: 'true', KmsKeyId: key } : {}),
  };
  const what = `copying ${origin} to ${region}`;
  const id = textIn((await client.ec2({ region, action: 'CopyImage', what, form, repeatable: true }, call)).imageId);
  if (!id) throw providerError(`${what}: the answer has no id of an image`);
  madeHere(client, id, region, call);
  return id;
}

/** Writes down at the image which copy lies where: the copies would be hard to find again. */
async function remember(
  client: AwsClient,
  found: FoundImage,
  region: string,
  copy: string | undefined,
  call: Call,
): Promise<void> {
  const name = `${placeTag}${region}`;
  try {
    await writeTags(
      client,
      found,
      copy === undefined ? { set: [], remove: [[name]] } : { set: [[name, copy]], remove: [] },
      call,
    );
  } catch (error) {
    if (!(error instanceof ImgctlError) || error.code === 'ABORTED' || copy === undefined) throw error;
    call.note({
      kind: 'warning',
      message: `the copy ${copy} in ${region} could not be written down at the image: ${error.message}`,
    });
  }
}

const isThere = ({ status }: PlaceState): boolean => status !== 'failed' && status !== 'deleting' && status !== 'deleted';

/** Where it is to be and is not, and where it is and is not to be. Throws CONFLICT for the region that the image itself lies in. */
function differences(
  now: ImageRecord,
  { add, remove, exactly }: ReplicateRequest,
  own: string,
): { readonly add: readonly string[]; readonly remove: readonly string[] } {
  if (exactly && exactly.every((region) => region === ''))
    throw usageError(`${now.id} has to stay in its region`, {
      hint: 'Remove it with:',
      next: [{ verb: 'delete', image: now.id }],
    });
  const there = now.places.map(({ name }) => name);
  const gone = exactly ? there.filter((name) => !exactly.includes(name)) : remove.filter((name) => there.includes(name));
  if (gone.includes(own))
    throw conflictError(`${now.id} lies in ${own} itself: its copies have ids of their own`, {
      hint: 'Remove it with:',
      next: [{ verb: 'delete', image: now.id }],
    });
  const good = now.places.filter(isThere).map(({ name }) => name);
  return { add: [...new Set(exactly ?? add)].filter((name) => !good.includes(name)), remove: gone };
}

export const replicate: Operation<AwsClient, 'replicate'> = {
  place: 'region',
  copies: 'own',
  later: true,
  async run(client, wish, call) {
    const { id, basis, exactly } = wish;
    const found = await findImage(client, id, call);
    const now = await described(client, found, call);
    if (basis) requireKnownPlaces(basis, now, exactly);
    const { add, remove } = differences(now, wish, found.region);
    await requireRegions(client, add, call);
    if (add.length === 0 && remove.length === 0) return now;
    if (add.length > 0) {
      if (now.status !== 'active')
        throw conflictError(`image ${id} is ${now.providerStatus}: only an available one can be copied`);
      call.note({ kind: 'adding', places: add });
      call.note({ kind: 'warning', message: `shares, protection and the deprecation date of ${id} do not go with its copies` });
    }
    for (const region of add) {
      const copy = (await copyIn(client, region, id, call)) ?? (await copyTo(client, region, found, call));
      began(call, { verb: 'replicate', image: id, place: region, ref: copy });
      await remember(client, found, region, copy, call);
    }
    for (const region of remove) {
      const copy = copiesNamed(found.wire).get(region);
      const wire = copy === undefined ? undefined : await imageIn(client, region, copy, call);
      if (wire) await removeImage(client, { wire, region }, call);
      await remember(client, found, region, undefined, call);
    }
    return readImage(client, id, call);
  },
};

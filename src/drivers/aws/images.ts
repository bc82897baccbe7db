import { ImgctlError, notFoundError } from '../../core/errors.ts';
import type { Call } from '../../core/operation.ts';
import { listed, type AwsClient } from './client.ts';
import { awsCode } from './errors.ts';
import { snapshotsOf } from './record.ts';
import { rowsIn, textIn, type XmlObject } from './xml.ts';

/** How EC2 names images: no more, and no less. */
export const imageId = /^ami-(?:[0-9a-f]{8}|[0-9a-f]{17})$/;

/** An image as EC2 says it, and where it lies: an id is good in one region only. */
export interface FoundImage {
  readonly wire: XmlObject;
  readonly region: string;
}

const notThere = (id: string, regions: readonly string[]): ImgctlError =>
  notFoundError(
    `image "${id}" not found`,
    regions.length === 0 ? {} : { hint: `Check the region: the id does not exist in ${regions.join(', ')}.` },
  );

/** An image in one region, whatever its state; absent: it is not there. Oddity: of one that was deregistered the list is empty. */
export async function imageIn(client: AwsClient, region: string, id: string, call: Call): Promise<XmlObject | undefined> {
  const form = { ...listed('ImageId', [id]), IncludeDisabled: 'true', IncludeDeprecated: 'true' };
  try {
    const body = await client.ec2({ region, action: 'DescribeImages', what: `reading image ${id}`, form }, call);
    return rowsIn(body.imagesSet).find((row) => textIn(row.imageId) === id);
  } catch (error) {
    if (awsCode(error) === 'InvalidAMIID.NotFound') return undefined;
    throw error;
  }
}

/** Looks in the region where the image was seen, else in all that are meant, side by side. */
async function lookFor(client: AwsClient, id: string, call: Call): Promise<FoundImage | undefined> {
  const known = client.regionOf.get(id);
  const regions = known === undefined ? await client.regions(call) : [known];
  const looks = await Promise.allSettled(regions.map((region) => imageIn(client, region, id, call)));
  for (const [index, look] of looks.entries())
    if (look.status === 'fulfilled' && look.value) {
      const region = regions[index] ?? '';
      client.regionOf.set(id, region);
      return { wire: look.value, region };
    }
  for (const look of looks) if (look.status === 'rejected') throw look.reason;
  return undefined;
}

/** What was just made is not known everywhere at once. */
const freshMs = 30_000;

/** An image by its id. Throws NOT_FOUND. */
export async function findImage(client: AwsClient, id: string, call: Call): Promise<FoundImage> {
  if (!imageId.test(id)) throw notThere(id, []);
  const found = await lookFor(client, id, call);
  if (found) return found;
  if (!client.fresh.has(id)) throw notThere(id, await client.regions(call));
  return call.until(`image ${id} to be known`, () => lookFor(client, id, call), freshMs);
}

/** What was made by this run: it is asked for where it is, and waited for where nobody knows of it yet. */
export function madeHere(client: AwsClient, id: string, region: string, call: Call): void {
  client.fresh.add(id);
  client.regionOf.set(id, region);
  call.note({ kind: 'created', id });
}

/** Own images in a region that a filter fits, disabled ones too. */
async function ownBy(
  client: AwsClient,
  region: string,
  { filter, value, what }: { readonly filter: string; readonly value: string; readonly what: string },
  call: Call,
): Promise<readonly XmlObject[]> {
  const form = {
    ...listed('Owner', ['self']),
    ...listed('Filter.1.Value', [escaped(value)]),
    'Filter.1.Name': filter,
    IncludeDisabled: 'true',
    IncludeDeprecated: 'true',
  };
  return rowsIn((await client.ec2({ region, action: 'DescribeImages', what, form }, call)).imagesSet);
}

/** Own images of exactly this name in a region, disabled ones too: they keep their names. */
export async function ownByName(client: AwsClient, region: string, name: string, call: Call): Promise<readonly XmlObject[]> {
  const rows = await ownBy(client, region, { filter: 'name', value: name, what: `looking for images named ${name}` }, call);
  return rows.filter((row) => textIn(row.name) === name);
}

/** Id of the own image that holds a snapshot; absent: none does. */
export async function ownOfSnapshot(
  client: AwsClient,
  region: string,
  snapshot: string,
  call: Call,
): Promise<string | undefined> {
  const by = { filter: 'block-device-mapping.snapshot-id', value: snapshot, what: `looking for an image of ${snapshot}` };
  return textIn((await ownBy(client, region, by, call)).find((wire) => snapshotsOf(wire).includes(snapshot))?.imageId);
}

/** A text that filters take as it is. */
export const escaped = (text: string): string => text.replace(/[\\*?]/g, '\\$&');

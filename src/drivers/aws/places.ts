import { notFoundError } from '../../core/errors.ts';
import type { Call, Operation, Place } from '../../core/operation.ts';
import type { AwsClient } from './client.ts';
import { rowsIn, textIn, type XmlObject } from './xml.ts';

async function regionsIn(client: AwsClient, home: string, call: Call): Promise<readonly XmlObject[]> {
  const request = { region: home, action: 'DescribeRegions', what: 'listing regions', form: { AllRegions: 'true' } };
  return rowsIn((await client.ec2(request, call)).regionInfo);
}

const isUsable = (row: XmlObject): boolean => textIn(row.optInStatus) !== 'not-opted-in';

function placeIn(row: XmlObject, home: string): readonly Place[] {
  const name = textIn(row.regionName);
  if (!name) return [];
  const usable = isUsable(row) ? 'yes' : 'no';
  return [
    {
      name,
      usable,
      ...(usable === 'no' ? { note: 'the account has not opted in to it' } : {}),
      ...(name === home ? { isDefault: true } : {}),
    },
  ];
}

/** Throws NOT_FOUND where a region is none, or none that this account may use: asked of itself it would say that the keys are wrong. */
export async function requireRegions(client: AwsClient, wanted: readonly string[], call: Call): Promise<void> {
  if (wanted.length === 0) return;
  const rows = await regionsIn(client, await client.home(call), call);
  for (const name of wanted) {
    const row = rows.find((each) => textIn(each.regionName) === name);
    if (row && isUsable(row)) continue;
    const why = row ? `the account has not opted in to the region ${name}` : `there is no region ${name} in this part of AWS`;
    throw notFoundError(why, { ofNoImage: true, hint: 'List the regions with:', next: [{ verb: 'places' }] });
  }
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html */
export const places: Operation<AwsClient, 'places'> = {
  place: 'region',
  copies: 'own',
  async run(client, _request, call) {
    const home = await client.home(call);
    return (await regionsIn(client, home, call)).flatMap((row) => placeIn(row, home));
  },
};

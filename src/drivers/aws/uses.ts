import { unaskedBy } from '../../core/uses.ts';
import type { ImageRecord } from '../../core/image.ts';
import type { Call, ImageUses, Operation, UnaskedUse, Use, UseKind } from '../../core/operation.ts';
import { listed, type AwsClient } from './client.ts';
import { findImage } from './images.ts';
import { pagesOf } from './pages.ts';
import { knownPermissions, everybody } from './permissions.ts';
import { objectIn, rowsIn, textIn, type XmlObject } from './xml.ts';

interface Look {
  readonly uses: readonly Use[];
  readonly unasked: readonly UnaskedUse[];
}

const kinds: Readonly<Record<string, UseKind>> = {
  'ec2:Instance': 'instance',
  'ec2:LaunchTemplate': 'template',
  'ssm:Parameter': 'template',
  'imagebuilder:ImageRecipe': 'template',
  'imagebuilder:ContainerRecipe': 'template',
};

/** What stands behind the last sign in an ARN. */
const nameIn = (arn: string): string => arn.replace(/^.*[:/]/, '');

function useIn(row: XmlObject, place: string): readonly Use[] {
  const kind = kinds[textIn(row.resourceType) ?? ''];
  const arn = textIn(row.arn) ?? '';
  return kind === undefined || arn === '' ? [] : [{ kind, id: nameIn(arn), place }];
}

/** Everything of one's own that refers to an image, in one question. */
async function references(client: AwsClient, region: string, id: string, call: Call): Promise<readonly Use[]> {
  const form = { ...listed('ImageId', [id]), IncludeAllResourceTypes: 'true' };
  const list = {
    region,
    action: 'DescribeImageReferences',
    what: `asking what uses image ${id}`,
    form,
    rows: 'imageReferenceSet',
    key: 'arn',
  };
  const uses: Use[] = [];
  for await (const rows of pagesOf(client, list, call)) uses.push(...rows.flatMap((row) => useIn(row, region)));
  return uses;
}

/** The same by the calls of before, which more users may make. */
async function instancesOf(client: AwsClient, region: string, id: string, call: Call): Promise<readonly Use[]> {
  const form = { 'Filter.1.Name': 'image-id', 'Filter.1.Value.1': id };
  const list = {
    region,
    action: 'DescribeInstances',
    what: `asking for instances of image ${id}`,
    form,
    rows: 'reservationSet',
    key: 'reservationId',
  };
  const uses: Use[] = [];
  for await (const rows of pagesOf(client, list, call))
    for (const instance of rows.flatMap((row) => rowsIn(row.instancesSet))) {
      const status = textIn(objectIn(instance.instanceState).name);
      if (status === 'terminated') continue;
      uses.push({ kind: 'instance', id: textIn(instance.instanceId) ?? '', place: region, ...(status ? { status } : {}) });
    }
  return uses;
}

async function ofOwn(client: AwsClient, region: string, id: string, call: Call): Promise<Look> {
  try {
    return { uses: await references(client, region, id, call), unasked: [] };
  } catch (error) {
    const templates = unaskedBy('template', error);
    try {
      return { uses: await instancesOf(client, region, id, call), unasked: [templates] };
    } catch (failure) {
      return { uses: [], unasked: [unaskedBy('instance', failure), templates] };
    }
  }
}

/** Who has it may have launched it, and that nobody else is told. */
async function ofOthers(client: AwsClient, image: ImageRecord, call: Call): Promise<Look> {
  const found = await findImage(client, image.id, call);
  const holders = await knownPermissions(client, found, call).catch((error: unknown) => unaskedBy('share', error));
  if (typeof holders === 'object' && 'kind' in holders) return { uses: [], unasked: [holders] };
  if (holders === undefined) return { uses: [], unasked: [{ kind: 'share', reason: 'this user may not ask who has it' }] };
  if (holders === 'others')
    return { uses: [], unasked: [{ kind: 'share', of: 'others', reason: 'only its owner is told who has it' }] };
  const others: UnaskedUse = { kind: 'instance', of: 'others', reason: 'the instances of other accounts cannot be seen' };
  return {
    uses: holders.filter((holder) => holder !== everybody).map((holder) => ({ kind: 'share', id: holder })),
    unasked: holders.length > 0 ? [others] : [],
  };
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImageReferences.html */
export const uses: Operation<AwsClient, 'uses'> = {
  knows: ['instance', 'template', 'share'],
  async run(client, { images }, call) {
    const all: ImageUses[] = [];
    for (const image of images) {
      const { region } = await findImage(client, image.id, call);
      const own = await ofOwn(client, region, image.id, call);
      const others = await ofOthers(client, image, call);
      all.push({ image: image.id, uses: [...own.uses, ...others.uses], unasked: [...own.unasked, ...others.unasked] });
    }
    return all;
  },
};

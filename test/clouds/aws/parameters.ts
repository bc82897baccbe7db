import { refuse } from './refusal.ts';

const mapping = [
  'DeviceName',
  'NoDevice',
  'VirtualName',
  'Ebs.DeleteOnTermination:b',
  'Ebs.SnapshotId',
  'Ebs.VolumeSize:i',
  'Ebs.VolumeType',
].map((name) => `BlockDeviceMapping.#.${name}`);
const tags = ['TagSpecification.#.ResourceType', 'TagSpecification.#.Tag.#.Key', 'TagSpecification.#.Tag.#.Value'];
const pages = ['MaxResults:i', 'NextToken'];
const filters = ['Filter.#.Name', 'Filter.#.Value.#'];
const image = ['ImageId!'];
const holders = (permission: string): readonly string[] =>
  ['Add', 'Remove'].flatMap((way) =>
    ['UserId', 'Group', 'OrganizationArn', 'OrganizationalUnitArn'].map((kind) => `${permission}.${way}.#.${kind}`),
  );

/** What each action takes: `#` counts from 1, `!` is needed, `:b` is true or false, `:i` a number. Whatever else is sent is refused. */
const known: Readonly<Record<string, readonly string[]>> = {
  CopyImage: [
    'SourceImageId!',
    'SourceRegion!',
    'Name!',
    'Description',
    'ClientToken',
    'CopyImageTags:b',
    'Encrypted:b',
    'KmsKeyId',
    ...tags,
  ],
  CreateImage: ['InstanceId!', 'Name!', 'Description', 'NoReboot:b', ...mapping, ...tags],
  CreateSnapshot: ['VolumeId!', 'Description', ...tags],
  CreateTags: ['ResourceId.#', 'Tag.#.Key', 'Tag.#.Value'],
  DeleteSnapshot: ['SnapshotId!'],
  DeleteTags: ['ResourceId.#', 'Tag.#.Key', 'Tag.#.Value'],
  DeregisterImage: [...image, 'DeleteAssociatedSnapshots:b'],
  DescribeImageAttribute: [...image, 'Attribute!'],
  DescribeImageReferences: ['ImageId.#', 'IncludeAllResourceTypes:b', ...pages],
  DescribeImages: ['ImageId.#', 'Owner.#', 'ExecutableBy.#', 'IncludeDisabled:b', 'IncludeDeprecated:b', ...filters, ...pages],
  DescribeInstances: ['InstanceId.#', ...filters, ...pages],
  DescribeRegions: ['AllRegions:b', 'RegionName.#', ...filters],
  DescribeSnapshotAttribute: ['SnapshotId!', 'Attribute!'],
  DescribeSnapshots: ['SnapshotId.#', 'Owner.#', ...filters, ...pages],
  DisableImage: image,
  DisableImageDeprecation: image,
  DisableImageDeregistrationProtection: image,
  EnableImage: image,
  EnableImageDeprecation: [...image, 'DeprecateAt!'],
  EnableImageDeregistrationProtection: [...image, 'WithCooldown:b'],
  ListImagesInRecycleBin: ['ImageId.#', ...pages],
  ListSnapshotsInRecycleBin: ['SnapshotId.#', ...pages],
  ModifyImageAttribute: [...image, 'Description.Value', 'ImdsSupport.Value', ...holders('LaunchPermission')],
  ModifySnapshotAttribute: ['SnapshotId!', ...holders('CreateVolumePermission').filter((name) => /UserId|Group/.test(name))],
  RegisterImage: [
    'Name!',
    'Description',
    'Architecture',
    'VirtualizationType',
    'RootDeviceName',
    'SriovNetSupport',
    'BootMode',
    'TpmSupport',
    'ImdsSupport',
    'EnaSupport:b',
    ...mapping,
    ...tags,
  ],
  RestoreImageFromRecycleBin: image,
  RestoreSnapshotFromRecycleBin: ['SnapshotId!'],
};

export type Form = Readonly<Record<string, string>>;

/** Values of a numbered parameter, in order. */
export const numbered = (form: Form, name: string): readonly string[] => {
  const found: string[] = [];
  for (let n = 1; form[`${name}.${n}`] !== undefined; n += 1) found.push(form[`${name}.${n}`] ?? '');
  return found;
};

/** The parameters of a numbered structure, each without its number. */
export function structures(form: Form, name: string): readonly Form[] {
  const found: Record<string, string>[] = [];
  for (const [key, value] of Object.entries(form)) {
    const [, n = '', rest = ''] = new RegExp(`^${name}\\.(\\d+)\\.(.+)$`).exec(key) ?? [];
    if (rest === '') continue;
    (found[Number(n) - 1] ??= {})[rest] = value;
  }
  return found;
}

/** Refuses what the action does not know, and what it cannot do without. */
export function checkParameters(action: string, form: Form): void {
  const spec = known[action] ?? refuse('InvalidAction', `The action ${action} is not valid for this web service.`);
  const names = new Map([...spec, 'DryRun:b', 'Action', 'Version'].map((one) => [one.replace(/[!:].*$/, ''), one]));
  for (const [name, value] of Object.entries(form)) {
    const found = names.get(name.replace(/\.[1-9]\d*(?=\.|$)/g, '.#'));
    if (found === undefined) refuse('UnknownParameter', `The parameter ${name} is not recognized`);
    if (found.endsWith(':b') && !/^(true|false)$/.test(value)) refuse('InvalidParameterValue', `${name}: ${value}`);
    if (found.endsWith(':i') && !/^\d+$/.test(value)) refuse('InvalidParameterValue', `${name}: ${value}`);
  }
  for (const one of spec)
    if (one.endsWith('!') && form[one.slice(0, -1)] === undefined)
      refuse('MissingParameter', `The request must contain the parameter ${one.slice(0, -1)}`);
  if (form.Version !== '2016-11-15') refuse('InvalidParameterValue', `Version: ${form.Version ?? ''}`);
}

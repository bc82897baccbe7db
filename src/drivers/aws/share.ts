import { conflictError, ImgctlError, notFoundError, usageError } from '../../core/errors.ts';
import type { Call, Member, Operation } from '../../core/operation.ts';
import { listed, type AwsClient } from './client.ts';
import { findImage, type FoundImage } from './images.ts';
import { everybody, launchPermissions } from './permissions.ts';
import { snapshotsOf } from './record.ts';
import { rowsIn, textIn, type XmlObject } from './xml.ts';

const account = /^\d{12}$/;

/** What a holder is called on the wire. Throws USAGE for what is none. */
function kindOf(holder: string): string {
  if (account.test(holder)) return 'UserId';
  if (/^arn:[\w-]+:organizations::\d{12}:organization\//.test(holder)) return 'OrganizationArn';
  if (/^arn:[\w-]+:organizations::\d{12}:ou\//.test(holder)) return 'OrganizationalUnitArn';
  throw usageError(`invalid account: ${holder}`, {
    hint: 'Use an account of 12 digits, or the ARN of an organization or a unit of one.',
  });
}

const members = (holders: readonly string[]): readonly Member[] =>
  holders.filter((holder) => holder !== everybody).map((holder) => ({ with: holder, state: 'accepted' }));

async function snapshotRecords(client: AwsClient, { wire, region }: FoundImage, call: Call): Promise<readonly XmlObject[]> {
  const ids = snapshotsOf(wire);
  if (ids.length === 0) return [];
  const request = { region, action: 'DescribeSnapshots', what: `reading ${ids.join(', ')}`, form: listed('SnapshotId', ids) };
  return rowsIn((await client.ec2(request, call)).snapshotSet);
}

const isManagedKey = (key: string | undefined): boolean => key !== undefined && /(^|[:/])alias\/aws\/ebs$|^aws\/ebs$/.test(key);

/** Throws CONFLICT where the snapshots are encrypted with a key that nobody else can ever use; tells what else it takes where they are encrypted. */
async function checkKeys(client: AwsClient, found: FoundImage, call: Call): Promise<void> {
  for (const row of await snapshotRecords(client, found, call)) {
    if (textIn(row.encrypted) !== 'true') continue;
    const [id, key] = [textIn(row.snapshotId) ?? '', textIn(row.kmsKeyId)];
    if (isManagedKey(key))
      throw conflictError(`${id} is encrypted with the default key of the account (aws/ebs), which nobody else can use`, {
        hint: 'Use an image that is encrypted with a key of your own.',
      });
    const needs = 'kms:DescribeKey, Decrypt, CreateGrant and ReEncrypt*';
    call.note({
      kind: 'warning',
      message: `${id} is encrypted: the policy of ${key ?? 'its key'} has to give the account ${needs} too`,
    });
  }
}

/** Who may make volumes of a snapshot. */
async function snapshotHolders(client: AwsClient, region: string, id: string, call: Call): Promise<readonly string[]> {
  const form = { SnapshotId: id, Attribute: 'createVolumePermission' };
  const request = { region, action: 'DescribeSnapshotAttribute', what: `reading who may use ${id}`, form };
  return rowsIn((await client.ec2(request, call)).createVolumePermission).flatMap((row) => textIn(row.userId) || []);
}

async function changeLaunch(
  client: AwsClient,
  { wire, region }: FoundImage,
  way: 'Add' | 'Remove',
  holder: string,
  call: Call,
): Promise<void> {
  const id = textIn(wire.imageId) ?? '';
  const form = { ImageId: id, [`LaunchPermission.${way}.1.${kindOf(holder)}`]: holder };
  const what = `${way === 'Add' ? 'sharing' : 'unsharing'} image ${id} with ${holder}`;
  await client.ec2({ region, action: 'ModifyImageAttribute', what, form, repeatable: true }, call);
}

async function changeSnapshots(
  client: AwsClient,
  { wire, region }: FoundImage,
  way: 'Add' | 'Remove',
  holder: string,
  call: Call,
): Promise<void> {
  for (const id of snapshotsOf(wire)) {
    if ((await snapshotHolders(client, region, id, call)).includes(holder) === (way === 'Add')) continue;
    const form = { SnapshotId: id, [`CreateVolumePermission.${way}.1.UserId`]: holder };
    const what = `${way === 'Add' ? 'sharing' : 'unsharing'} snapshot ${id} with ${holder}`;
    await client.ec2({ region, action: 'ModifySnapshotAttribute', what, form, repeatable: true }, call);
  }
}

/** The image and its snapshots: who has the first alone can launch it, and cannot copy it. Half of it is taken back where the rest is refused. */
async function add(client: AwsClient, found: FoundImage, holder: string, call: Call): Promise<void> {
  const id = textIn(found.wire.imageId) ?? '';
  if (textIn(found.wire.imageState) !== 'available')
    throw conflictError(`image ${id} is ${textIn(found.wire.imageState) ?? ''}: only an available one can be shared`);
  const isThere = (await launchPermissions(client, found, call)).includes(holder);
  await checkKeys(client, found, call);
  if (!isThere) await changeLaunch(client, found, 'Add', holder, call);
  if (!account.test(holder)) {
    call.note({
      kind: 'warning',
      message: `${holder} can launch image ${id}, but not copy it: snapshots are shared with accounts only`,
    });
    return;
  }
  try {
    await changeSnapshots(client, found, 'Add', holder, call);
  } catch (error) {
    if (isThere) throw error;
    await changeLaunch(client, found, 'Remove', holder, { ...call, signal: AbortSignal.timeout(30_000) }).catch(() => {
      throw error instanceof ImgctlError ? error.with({ hint: `Check who has it: ${holder} can still launch it.` }) : error;
    });
    throw error;
  }
}

async function takeBack(client: AwsClient, found: FoundImage, holder: string, call: Call): Promise<void> {
  const id = textIn(found.wire.imageId) ?? '';
  const holders = await launchPermissions(client, found, call);
  if (!holders.includes(holder)) throw notFoundError(`image ${id} is not shared with ${holder}`, { ofNoImage: true });
  await changeLaunch(client, found, 'Remove', holder, call);
  if (account.test(holder)) await changeSnapshots(client, found, 'Remove', holder, call);
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/sharingamis-explicit.html. Nobody has to accept anything. */
export const share: Operation<AwsClient, 'share'> = {
  with: 'account',
  ids: /^(\d{12}|arn:[\w-]+:organizations::\d{12}:(organization|ou)\/.+)$/,
  async run(client, { id, action, with: holder }, call) {
    const found = await findImage(client, id, call);
    if (action === 'list') return members(await launchPermissions(client, found, call));
    if (action !== 'add' && action !== 'remove')
      throw usageError('nobody has to accept an image at AWS: it can be used as soon as it is shared');
    if (holder === undefined) throw usageError('--with ACCOUNT is required');
    kindOf(holder);
    await (action === 'add' ? add : takeBack)(client, found, holder, call);
    return members(await launchPermissions(client, found, call));
  },
};

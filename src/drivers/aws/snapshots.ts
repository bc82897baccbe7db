import { createHash, randomUUID } from 'node:crypto';
import { providerError } from '../../core/errors.ts';
import type { Call } from '../../core/operation.ts';
import { listed, type AwsClient } from './client.ts';
import { leftSnapshots } from './deregister.ts';
import { awsCode, errorFrom } from './errors.ts';
import { patiently } from './patience.ts';
import { isMended, signedHeaders } from './signed-request.ts';
import { rowsIn, textIn, type XmlObject } from './xml.ts';

/** All blocks of a snapshot are of this length. */
export const blockBytes = 512 * 1024;

/** A snapshot, and where it is. */
export interface SnapshotAt {
  readonly id: string;
  readonly region: string;
}

/** What a snapshot is begun with. */
export interface NewSnapshot {
  readonly gib: number;
  readonly description: string;
  /** What is not written is as it is there. */
  readonly parent?: string | undefined;
  readonly encrypted?: boolean | undefined;
  readonly kmsKey?: string | undefined;
}

/** An hour, and more for what takes long: the time counts from the last block. */
const timeoutMinutes = 240;

/** https://docs.aws.amazon.com/ebs/latest/APIReference/API_StartSnapshot.html: the token makes it one snapshot, however often it is asked for. */
export async function startSnapshot(client: AwsClient, region: string, wanted: NewSnapshot, call: Call): Promise<SnapshotAt> {
  const what = 'beginning a snapshot';
  const json = {
    VolumeSize: wanted.gib,
    Description: wanted.description,
    ClientToken: randomUUID(),
    Timeout: timeoutMinutes,
    ...(wanted.parent === undefined ? {} : { ParentSnapshotId: wanted.parent }),
    ...(wanted.encrypted === true ? { Encrypted: true } : {}),
    ...(wanted.kmsKey === undefined ? {} : { KmsKeyArn: wanted.kmsKey }),
  };
  const request = { method: 'POST', region, service: 'ebs', what, json, repeatable: true } as const;
  const body = (await client.ask(request, '/snapshots', call)).json() as {
    readonly SnapshotId?: unknown;
    readonly BlockSize?: unknown;
  } | null;
  const id = body?.SnapshotId;
  if (typeof id !== 'string' || !/^snap-[0-9a-f]+$/.test(id)) throw providerError(`${what}: the answer names no snapshot`);
  if (body?.BlockSize !== undefined && body.BlockSize !== blockBytes)
    throw providerError(
      `${what}: blocks of ${String(body.BlockSize)} bytes are wanted, which is not known`,
      leftSnapshots(region, [id]),
    );
  return { id, region };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

/**
 * Puts one block of a snapshot; again is as good as once. https://docs.aws.amazon.com/ebs/latest/APIReference/API_PutSnapshotBlock.html
 * Throws NETWORK, PROVIDER for what may be tried again, and what a refusal stands for.
 */
export async function putBlock(
  client: AwsClient,
  { id, region }: SnapshotAt,
  index: number,
  bytes: Uint8Array,
  digest: Buffer,
  call: Call,
): Promise<void> {
  const path = `/snapshots/${id}/blocks/${index}`;
  const what = `sending block ${index} of ${id}`;
  const at = await client.addressOf('ebs', region, path);
  const headers = {
    'content-type': 'application/octet-stream',
    'x-amz-data-length': String(bytes.byteLength),
    'x-amz-checksum': digest.toString('base64'),
    'x-amz-checksum-algorithm': 'SHA256',
  };
  const request = { method: 'PUT', ...at, service: 'ebs', what, headers, bodySha256: digest.toString('hex') } as const;
  const send = async (mended: number): Promise<void> => {
    const signed = await signedHeaders(client, request, call);
    const answer = await client.http.send(
      { method: 'PUT', url: at.url, headers: signed, bytes: once(bytes), length: bytes.byteLength },
      call,
    );
    if (answer.status >= 200 && answer.status < 300) return undefined;
    if (mended < 2 && isMended(client, answer, call)) return send(mended + 1);
    throw errorFrom(answer, what);
  };
  await patiently(`snapshot ${id} to take block ${index}`, () => send(0), call);
}

/** Says what is to be there: how many blocks, and the digest over theirs, in order. Its success says only that this was heard. */
export async function completeSnapshot(
  client: AwsClient,
  { id, region }: SnapshotAt,
  blocks: number,
  digests: Iterable<Uint8Array>,
  call: Call,
): Promise<void> {
  const linear = createHash('sha256');
  for (const digest of digests) linear.update(digest);
  const headers = {
    'x-amz-changedblockscount': String(blocks),
    'x-amz-checksum': linear.digest('base64'),
    'x-amz-checksum-algorithm': 'SHA256',
    'x-amz-checksum-aggregation-method': 'LINEAR',
  };
  const what = `completing snapshot ${id}`;
  const request = { method: 'POST', region, service: 'ebs', what, headers, repeatable: true } as const;
  await patiently(`snapshot ${id} to be known`, () => client.ask(request, `/snapshots/completion/${id}`, call), call);
}

/** A snapshot as EC2 says it; absent: there is none (yet). */
export async function readSnapshot(client: AwsClient, { id, region }: SnapshotAt, call: Call): Promise<XmlObject | undefined> {
  const request = { region, action: 'DescribeSnapshots', what: `reading snapshot ${id}`, form: listed('SnapshotId', [id]) };
  try {
    return rowsIn((await client.ec2(request, call)).snapshotSet).find((row) => textIn(row.snapshotId) === id);
  } catch (error) {
    if (awsCode(error) === 'InvalidSnapshot.NotFound') return undefined;
    throw error;
  }
}

/** How many looks that find nothing are put down to its being new. */
const mostMissed = 30;

/** Waits until a snapshot is complete. Throws PROVIDER where it has failed instead, with AWS's reason. */
export async function awaitSnapshot(client: AwsClient, at: SnapshotAt, call: Call): Promise<void> {
  let missed = 0;
  await call.until(`snapshot ${at.id} to be complete`, async () => {
    const row = await readSnapshot(client, at, call);
    if (!row && (missed += 1) > mostMissed) throw providerError(`snapshot ${at.id} is gone`);
    const state = textIn(row?.status);
    if (state === 'error')
      throw providerError(`snapshot ${at.id} failed: ${textIn(row?.statusMessage) || 'AWS gives no reason'}`);
    return state === 'completed' || undefined;
  });
}

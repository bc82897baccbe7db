import { createHash } from 'node:crypto';
import type { FakeAnswer, FakeRequest } from '../../support/fake-server.ts';
import { settleSnapshot } from './describe.ts';
import { refuse } from './refusal.ts';
import type { Caller } from './signature.ts';
import { blockBytes, gib, type FakeSnapshot, type Store } from './store.ts';

const invalid = (words: string, reason = 'INVALID_PARAMETER_VALUE'): never => refuse('ValidationException', words, 400, reason);
const digest = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

function snapshotOf(store: Store, id: string, caller: Caller): FakeSnapshot {
  const found = store.snapshots.get(id);
  const isVisible =
    found &&
    !found.binnedAt &&
    found.region === caller.region &&
    (found.owner === caller.account || found.holders.has(caller.account));
  if (!isVisible) return refuse('ResourceNotFoundException', `The snapshot '${id}' does not exist.`, 404, 'SNAPSHOT_NOT_FOUND');
  if (found.unseen > 0) {
    found.unseen -= 1;
    refuse('ResourceNotFoundException', `The snapshot '${id}' does not exist.`, 404, 'SNAPSHOT_NOT_FOUND');
  }
  return found;
}

const startMembers = [
  'VolumeSize',
  'ParentSnapshotId',
  'Tags',
  'Description',
  'ClientToken',
  'Encrypted',
  'KmsKeyArn',
  'Timeout',
];

function start(store: Store, request: FakeRequest, caller: Caller): FakeAnswer {
  const asked = JSON.parse(request.body) as Record<string, unknown>;
  for (const name of Object.keys(asked)) if (!startMembers.includes(name)) invalid(`Unknown member ${name}`);
  const { VolumeSize: size, ParentSnapshotId: parentId, ClientToken: token, Timeout: timeout } = asked;
  if (typeof size !== 'number' || !Number.isInteger(size) || size < 1 || size > 65_536)
    return invalid('Invalid VolumeSize', 'INVALID_VOLUME_SIZE');
  if (typeof timeout === 'number' && (timeout < 10 || timeout > 4320)) invalid('Timeout');
  if (parentId !== undefined && asked.Encrypted !== undefined) invalid('ParentSnapshotId and Encrypted cannot be used together');
  const before = store.tokens.get(`start/${String(token)}`);
  if (before && before.asked !== request.body) refuse('ConflictException', 'The request uses the same client token', 409);
  const parent = typeof parentId === 'string' ? snapshotOf(store, parentId, caller) : undefined;
  if (parent && parent.gib > size) invalid('VolumeSize', 'INVALID_VOLUME_SIZE');
  const snapshot =
    store.snapshots.get(before?.id ?? '') ??
    store.addSnapshot({
      region: caller.region,
      gib: size,
      description: String(asked.Description ?? ''),
      status: 'pending',
      isOpen: true,
      looks: store.settings.snapshotLooks,
      unseen: store.settings.unseen,
      blocks: new Map(parent?.blocks),
      kmsKey: asked.Encrypted === true ? String(asked.KmsKeyArn ?? 'alias/aws/ebs') : undefined,
    });
  store.tokens.set(`start/${String(token)}`, { asked: request.body, id: snapshot.id });
  return { status: 201, body: { SnapshotId: snapshot.id, Status: snapshot.status, VolumeSize: size, BlockSize: blockBytes } };
}

function put(snapshot: FakeSnapshot, index: number, { headers, data }: FakeRequest): FakeAnswer {
  if (data.length !== blockBytes || headers['x-amz-data-length'] !== String(blockBytes))
    invalid('The only supported block size is 524288', 'INVALID_BLOCK');
  if (headers['x-amz-checksum-algorithm'] !== 'SHA256') invalid('ChecksumAlgorithm');
  if (headers['x-amz-checksum'] !== digest(data).toString('base64')) invalid('The checksum does not match', 'INVALID_BLOCK');
  if (!snapshot.isOpen) invalid('The snapshot is not in the pending state', 'INVALID_SNAPSHOT_ID');
  if (index >= (snapshot.gib * gib) / blockBytes) invalid('The block index is beyond the end of the volume', 'INVALID_BLOCK');
  snapshot.written.set(index, digest(data));
  snapshot.blocks.set(index, Buffer.from(data));
  return { status: 201, headers: { 'x-amz-checksum': headers['x-amz-checksum'] ?? '' }, body: {} };
}

function complete(snapshot: FakeSnapshot, { headers }: FakeRequest): FakeAnswer {
  const count = headers['x-amz-changedblockscount'] ?? '';
  if (!/^\d+$/.test(count)) invalid('ChangedBlocksCount');
  if (!snapshot.isOpen) return { status: 202, body: { Status: snapshot.status } };
  const digests = [...snapshot.written].sort(([a], [b]) => a - b).map(([, one]) => one);
  const sum = headers['x-amz-checksum'];
  if (sum !== undefined && headers['x-amz-checksum-aggregation-method'] !== 'LINEAR') invalid('ChecksumAggregationMethod');
  if (sum !== undefined && sum !== digest(Buffer.concat(digests)).toString('base64')) invalid('The checksum does not match');
  snapshot.isOpen = false;
  if (Number(count) !== digests.length) snapshot.message = 'Changed blocks count mismatch';
  return { status: 202, body: { Status: 'pending' } };
}

const tokenOf = ({ id }: FakeSnapshot, index: number): string =>
  `AAAB${digest(Buffer.from(`${id}/${index}`)).toString('base64')}`;

function list(store: Store, snapshot: FakeSnapshot, { url }: FakeRequest): FakeAnswer {
  const most = Number(url.searchParams.get('maxResults') ?? '100');
  if (!(most >= 100 && most <= 10_000)) invalid('MaxResults must be between 100 and 10000');
  const from = Number(url.searchParams.get('pageToken') ?? url.searchParams.get('startingBlockIndex') ?? '0');
  const all = [...snapshot.blocks.keys()].filter((index) => index >= from).sort((a, b) => a - b);
  const page = all.slice(0, Math.min(most, store.settings.pageSize));
  const next = all[page.length];
  return {
    status: 200,
    body: {
      Blocks: page.map((index) => ({ BlockIndex: index, BlockToken: tokenOf(snapshot, index) })),
      VolumeSize: snapshot.gib,
      BlockSize: blockBytes,
      ...(next === undefined ? {} : { NextToken: String(next) }),
    },
  };
}

function get(store: Store, snapshot: FakeSnapshot, index: number, { url }: FakeRequest): FakeAnswer {
  const bytes = snapshot.blocks.get(index);
  if (!bytes || url.searchParams.get('blockToken') !== tokenOf(snapshot, index))
    return invalid('Invalid block token', 'INVALID_BLOCK_TOKEN');
  const sum = digest(bytes).toString('base64');
  const given = Buffer.from(bytes);
  if (store.settings.corruptBlock === index) given[7] = (given[7] ?? 0) ^ 1;
  return {
    status: 200,
    headers: {
      'content-type': 'application/octet-stream',
      'x-amz-data-length': String(blockBytes),
      'x-amz-checksum': sum,
      'x-amz-checksum-algorithm': 'SHA256',
    },
    body: given,
  };
}

/** EBS direct: snapshots written and read block by block. */
export function ebs(store: Store, request: FakeRequest, caller: Caller): FakeAnswer {
  const { method, url } = request;
  if (method === 'POST' && url.pathname === '/snapshots') return start(store, request, caller);
  const [, completed] = /^\/snapshots\/completion\/([^/]+)$/.exec(url.pathname) ?? [];
  if (method === 'POST' && completed !== undefined) return complete(snapshotOf(store, completed, caller), request);
  const [, id, block] = /^\/snapshots\/([^/]+)\/blocks(?:\/(\d+))?$/.exec(url.pathname) ?? [];
  if (id === undefined) return refuse('UnknownOperationException', 'Unknown operation', 404);
  const snapshot = snapshotOf(store, id, caller);
  if (method === 'PUT' && block !== undefined) return put(snapshot, Number(block), request);
  settleSnapshot(store, snapshot);
  if (snapshot.status !== 'completed') invalid('The snapshot is not in the completed state', 'INVALID_SNAPSHOT_ID');
  return block === undefined ? list(store, snapshot, request) : get(store, snapshot, Number(block), request);
}

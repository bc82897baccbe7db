import { conflictError, notFoundError } from '../../core/errors.ts';
import type { Call } from '../../core/operation.ts';
import type { AwsClient } from './client.ts';
import { imageId, findImage } from './images.ts';
import { rootDisk } from './record.ts';
import { writtenBlocks } from './read-snapshot.ts';
import { sha256 } from './sigv4.ts';
import { blockBytes, readSnapshot } from './snapshots.ts';
import { textIn } from './xml.ts';

/** What a snapshot is built on. */
export interface Parent {
  readonly snapshot: string;
  readonly gib: number;
  readonly digests: ReadonlyMap<number, string>;
  /** Whether a block is there as it is. Where nothing was ever written there are zeros. */
  holds(index: number, digest: Buffer): boolean;
}

/** Digests of what was written are kept of disks up to this, 64 GiB: of larger ones they are read again. */
const mostKept = 64 * 1024 ** 3;
export const digestsKept = (bytes: number): boolean => bytes <= mostKept;

const keyOf = (snapshot: string): string => sha256(`aws block digests of ${snapshot}`);

const zeros = sha256(new Uint8Array(blockBytes));

/** Snapshots never change: what is known of their blocks stays true. */
async function digestsOf(client: AwsClient, region: string, snapshot: string, call: Call): Promise<ReadonlyMap<number, string>> {
  const kept = await client.cache?.get(keyOf(snapshot));
  if (kept !== undefined && /^(\d+ [0-9a-f]{64}\n)*$/.test(kept))
    return new Map(
      kept.split('\n').flatMap((line) => (line === '' ? [] : [[Number.parseInt(line, 10), line.slice(-64)] as const])),
    );
  call.note({ kind: 'warning', message: `the blocks of ${snapshot} are read to tell which of them differ` });
  const found = new Map<number, string>();
  for await (const { index, bytes } of writtenBlocks(client, { id: snapshot, region }, call)) found.set(index, sha256(bytes));
  await keepText(client, snapshot, found);
  return found;
}

const keepText = async (client: AwsClient, snapshot: string, digests: ReadonlyMap<number, string>): Promise<void> =>
  client.cache?.put(keyOf(snapshot), [...digests].map(([index, digest]) => `${index} ${digest}\n`).join(''));

/** Remembers what was written of a snapshot, for the next one that is built on it. */
export async function keepDigests(
  client: AwsClient,
  snapshot: string,
  bytes: number,
  parent: Parent | undefined,
  written: ReadonlyMap<number, Uint8Array>,
): Promise<void> {
  if (!digestsKept(bytes)) return;
  const own = [...written].map(([index, digest]) => [index, Buffer.from(digest).toString('hex')] as const);
  await keepText(client, snapshot, new Map([...(parent?.digests ?? []), ...own]));
}

/** What an upload is to be built on, by the id of an image or of a snapshot. Throws NOT_FOUND, CONFLICT for one in another region. */
export async function parentOf(client: AwsClient, region: string, id: string, call: Call): Promise<Parent> {
  const snapshot = imageId.test(id) ? await snapshotOf(client, region, id, call) : id;
  const row = /^snap-[0-9a-f]+$/.test(snapshot) ? await readSnapshot(client, { id: snapshot, region }, call) : undefined;
  if (!row)
    throw notFoundError(`there is no snapshot ${snapshot} in ${region}`, {
      ofNoImage: true,
      hint: 'Use the id of an image (ami-…) or of a snapshot (snap-…) of that region.',
    });
  const digests = await digestsOf(client, region, snapshot, call);
  return {
    snapshot,
    gib: Number(textIn(row.volumeSize) ?? 1),
    digests,
    holds: (index, digest) => (digests.get(index) ?? zeros) === digest.toString('hex'),
  };
}

async function snapshotOf(client: AwsClient, region: string, id: string, call: Call): Promise<string> {
  const found = await findImage(client, id, call);
  if (found.region !== region)
    throw conflictError(`image ${id} lies in ${found.region}: an image in ${region} cannot be built on it`, {
      hint: 'Use the id of a copy there.',
    });
  const snapshot = textIn(rootDisk(found.wire)?.snapshotId);
  if (snapshot === undefined) throw conflictError(`image ${id} has no snapshot that could be built on`);
  return snapshot;
}

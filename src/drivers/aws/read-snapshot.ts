import { createHash } from 'node:crypto';
import { ImgctlError, integrityError, providerError } from '../../core/errors.ts';
import type { Call } from '../../core/operation.ts';
import { beforeRetry, isPassing } from '../../core/retry.ts';
import type { AwsClient } from './client.ts';
import { errorFrom } from './errors.ts';
import { patiently } from './patience.ts';
import { isMended, signedHeaders } from './signed-request.ts';
import { blockBytes, type SnapshotAt } from './snapshots.ts';

/** A block that was written, and what it can be had by for some days. */
export interface ListedBlock {
  readonly index: number;
  readonly token: string;
}

interface BlockPage {
  readonly Blocks?: readonly { readonly BlockIndex?: unknown; readonly BlockToken?: unknown }[];
  readonly NextToken?: unknown;
  readonly BlockSize?: unknown;
}

const longestPage = '10000';

/** Which blocks were ever written, from one on, in ascending order. Oddity: pages may be empty, and more follow. */
export async function* listBlocks(client: AwsClient, at: SnapshotAt, from: number, call: Call): AsyncGenerator<ListedBlock> {
  const what = `listing the blocks of ${at.id}`;
  let token: string | undefined;
  let before = -1;
  do {
    const query = new URLSearchParams({
      maxResults: longestPage,
      ...(token === undefined ? { startingBlockIndex: String(from) } : { pageToken: token }),
    });
    const request = { method: 'GET', region: at.region, service: 'ebs', what } as const;
    const answer = await patiently(
      `snapshot ${at.id} to be known`,
      () => client.ask(request, `/snapshots/${at.id}/blocks?${query}`, call),
      call,
    );
    const page = answer.json() as BlockPage | null;
    if (page?.BlockSize !== undefined && page.BlockSize !== blockBytes) throw providerError(`${what}: blocks of another length`);
    for (const { BlockIndex: index, BlockToken: blockToken } of Array.isArray(page?.Blocks) ? page.Blocks : []) {
      if (typeof index !== 'number' || !Number.isSafeInteger(index) || index <= before || typeof blockToken !== 'string')
        throw providerError(`${what}: they are not in order`);
      before = index;
      yield { index, token: blockToken };
    }
    const next = page?.NextToken;
    if (next === token && next !== undefined) throw providerError(`${what}: the list repeats itself`);
    token = typeof next === 'string' && next !== '' ? next : undefined;
  } while (token !== undefined);
}

/** So often a block is asked for whose digest is not the one that it comes with. */
const mostTries = 3;

async function blockOnce(client: AwsClient, at: SnapshotAt, { index, token }: ListedBlock, call: Call): Promise<Buffer> {
  const what = `reading block ${index} of ${at.id}`;
  const path = `/snapshots/${at.id}/blocks/${index}?${new URLSearchParams({ blockToken: token })}`;
  const address = await client.addressOf('ebs', at.region, path);
  const request = { method: 'GET', ...address, service: 'ebs', what } as const;
  for (let mended = 0; ; mended += 1) {
    const answer = await client.http.receive(
      { url: address.url, headers: await signedHeaders(client, request, call), queryIsSecret: true },
      call,
    );
    if (answer.status !== 200) {
      const told = { ...answer, text: await answer.text(), url: '', json: () => undefined };
      if (mended < 2 && isMended(client, told, call)) continue;
      throw errorFrom(told, what);
    }
    const parts: Buffer[] = [];
    let length = 0;
    for await (const part of answer.bytes) {
      if ((length += part.byteLength) > blockBytes) throw integrityError(`${what}: more bytes came than a block has`);
      parts.push(Buffer.from(part));
    }
    const bytes = Buffer.concat(parts);
    const digest = createHash('sha256').update(bytes).digest('base64');
    const said = answer.headers['x-amz-checksum'];
    if (bytes.length === blockBytes && (said === undefined || said === digest)) return bytes;
    throw integrityError(
      bytes.length === blockBytes
        ? `${what}: it is not what its checksum says`
        : `${what}: ${bytes.length} bytes came, not ${blockBytes}`,
    );
  }
}

/** One block, proved by the checksum that it comes with. Throws INTEGRITY where it stays another one. */
export async function readBlock(client: AwsClient, at: SnapshotAt, block: ListedBlock, call: Call): Promise<Buffer> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await patiently(`block ${block.index} of ${at.id}`, () => blockOnce(client, at, block, call), call);
    } catch (error) {
      const isDamaged = error instanceof ImgctlError && error.code === 'INTEGRITY' && tries < mostTries;
      if (isDamaged) continue;
      if (!isPassing(error)) throw error;
      await beforeRetry(error, tries, call);
    }
  }
}

/** Blocks that are fetched at once. */
const atOnce = 16;

/** Blocks in the order of the list, several on their way at once; whoever stops stops them. */
export async function* fetchBlocks(
  client: AwsClient,
  at: SnapshotAt,
  listed: AsyncIterable<ListedBlock> | Iterable<ListedBlock>,
  call: Call,
): AsyncGenerator<{ readonly index: number; readonly bytes: Buffer }> {
  const stop = new AbortController();
  const within: Call = { ...call, signal: AbortSignal.any([call.signal, stop.signal]) };
  const ahead: { readonly index: number; readonly bytes: Promise<Buffer> }[] = [];
  try {
    for await (const block of listed) {
      const bytes = readBlock(client, at, block, within);
      // One that nobody comes to look at may fail unheard; one that is looked at throws below.
      bytes.catch(() => {});
      ahead.push({ index: block.index, bytes });
      if (ahead.length < atOnce) continue;
      const first = ahead.shift();
      if (first) yield { index: first.index, bytes: await first.bytes };
    }
    for (const { index, bytes } of ahead) yield { index, bytes: await bytes };
  } finally {
    stop.abort();
  }
}

/** All that was ever written of a snapshot. */
export const writtenBlocks = (client: AwsClient, at: SnapshotAt, call: Call): ReturnType<typeof fetchBlocks> =>
  fetchBlocks(client, at, listBlocks(client, at, 0, call), call);

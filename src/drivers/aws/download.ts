import { conflictError } from '../../core/errors.ts';
import type { Extent } from '../../core/extent.ts';
import type { Bytes } from '../../core/http.ts';
import type { Call, Download, Operation } from '../../core/operation.ts';
import type { AwsClient } from './client.ts';
import { reserved } from './fields.ts';
import { findImage } from './images.ts';
import { fetchBlocks, listBlocks, type ListedBlock } from './read-snapshot.ts';
import { diskBytes, recordFrom, rootDisk, snapshotsOf } from './record.ts';
import { blockBytes, type SnapshotAt } from './snapshots.ts';
import { textIn } from './xml.ts';

const zeroBlock = new Uint8Array(blockBytes);

function* zeros(length: number): Generator<Uint8Array> {
  for (let left = length; left > 0; left -= blockBytes) yield zeroBlock.subarray(0, Math.min(left, blockBytes));
}

/** What of a disk was written: the list is asked for once and kept, for whoever reads by it afterwards. */
class SnapshotDisk {
  readonly #client: AwsClient;
  readonly #at: SnapshotAt;
  readonly #bytes: number;
  readonly #call: Call;
  readonly #tokens = new Map<number, string>();

  constructor(client: AwsClient, at: SnapshotAt, bytes: number, call: Call) {
    this.#client = client;
    this.#at = at;
    this.#bytes = bytes;
    this.#call = call;
  }

  async *extents(): AsyncGenerator<Extent> {
    for await (const { index, token } of listBlocks(this.#client, this.#at, 0, this.#call)) {
      const offset = index * blockBytes;
      if (offset >= this.#bytes) return;
      this.#tokens.set(index, token);
      yield { offset, length: Math.min(blockBytes, this.#bytes - offset) };
    }
  }

  /** The blocks from one up to another: as they are known, where all of them are. */
  #listed(first: number, last: number): AsyncIterable<ListedBlock> | Iterable<ListedBlock> {
    const known: ListedBlock[] = [];
    for (let index = first; index <= last; index += 1) {
      const token = this.#tokens.get(index);
      if (token === undefined) return upTo(listBlocks(this.#client, this.#at, first, this.#call), last);
      known.push({ index, token });
    }
    return known;
  }

  async *open(from = 0, to = this.#bytes - 1): Bytes {
    const end = Math.min(to + 1, this.#bytes);
    let at = from;
    const listed = this.#listed(Math.floor(from / blockBytes), Math.floor((end - 1) / blockBytes));
    for await (const { index, bytes } of fetchBlocks(this.#client, this.#at, listed, this.#call)) {
      const begin = index * blockBytes;
      yield* zeros(begin - at);
      yield bytes.subarray(Math.max(at - begin, 0), Math.min(end - begin, blockBytes));
      at = Math.min(begin + blockBytes, end);
    }
    yield* zeros(end - at);
  }
}

async function* upTo(blocks: AsyncIterable<ListedBlock>, last: number): AsyncGenerator<ListedBlock> {
  for await (const block of blocks) {
    if (block.index > last) return;
    yield block;
  }
}

/** https://docs.aws.amazon.com/ebs/latest/APIReference/API_GetSnapshotBlock.html: of what was never written nothing is asked for. */
export const download: Operation<AwsClient, 'download'> = {
  ranges: true,
  references: reserved,
  async run(client, { id }, call): Promise<Download> {
    const { wire, region } = await findImage(client, id, call);
    const { status, providerStatus } = recordFrom(wire, { region });
    if (status !== 'active')
      throw conflictError(
        `image ${id} is ${providerStatus}: only an available one can be downloaded`,
        status === 'inactive' ? { hint: 'Make it usable with:', next: [{ verb: 'reactivate', image: id }] } : {},
      );
    const snapshot = textIn(rootDisk(wire)?.snapshotId);
    const bytes = diskBytes(wire);
    if (snapshot === undefined || bytes === undefined)
      throw conflictError(`image ${id} has no snapshot as its root disk: there is nothing to read`);
    const others = snapshotsOf(wire).filter((one) => one !== snapshot);
    if (others.length > 0) call.note({ kind: 'warning', message: `only the root disk is taken, not ${others.join(', ')}` });
    const disk = new SnapshotDisk(client, { id: snapshot, region }, bytes, call);
    return {
      encoding: { format: 'raw' },
      bytes,
      verifiedBy: 'blocks-sha256',
      open: (from, to) => disk.open(from, to),
      extents: () => disk.extents(),
    };
  },
};

import { given } from '../../core/image.ts';
import type { Content, Digests, HashedBlocks } from '../../core/operation.ts';
import { alignedIfKnown } from '../align.ts';
import { withBackpressure } from '../backpressure.ts';
import { compareDigests, type Checksum } from '../checksum.ts';
import { checksumStream, type ChecksumStream } from '../checksum-stream.ts';
import type { Encoder } from '../compress.ts';
import { isFlat } from '../plan.ts';
import type { StagingRequest, Staged } from '../staging.ts';
import { withholdTail } from '../withhold-tail.ts';
import { contentIdBlock } from '../writers/content-id.ts';
import type { DiskObserver } from '../writers/disk-observer.ts';
import { naming } from './disk-bytes.ts';
import { nobody } from './observed-disk.ts';

/** What a content is made of, once it is known how. */
export interface Made {
  readonly encoder: Encoder;
  readonly repeatable: boolean;
  /** Who sees the next reading. */
  observer(): DiskObserver;
  /** What its bytes must be proved to have. */
  readonly expected: readonly Checksum[];
  /** Digests that it is known to have. */
  readonly known: Digests;
  /** Digests that the target reports of what it takes. */
  readonly reported: readonly string[];
}

/** A content that is counted, hashed, held back until it is proved, and told of while it is read. */
export function measuredContent(
  { judgement: { plan }, seen: { inspection, source } }: Staged,
  asked: StagingRequest,
  made: Made,
): Content {
  const { means } = asked;
  const { encoder, repeatable, known } = made;
  const { proves, expected, taken } = hashingOf(made, asked);
  const { pieces } = encoder;
  let isHashed = false;
  let measured: Pick<ChecksumStream, 'result'> | undefined;
  let isToldOf = false;
  // Who reads ahead of what is sent tells what has arrived.
  const progress: StagingRequest['means']['progress'] = (bytes, total) => {
    if (!isToldOf) means.progress(bytes, total);
  };
  const digests = (): Digests => ({ ...(proves ? { sha256: known.sha256 ?? '' } : {}), ...measured?.result().digests });
  return {
    encoding: plan.encoding,
    ...given({
      bytes: encoder.bytes,
      virtualBytes: alignedIfKnown(inspection.virtualBytes, plan.alignBytes),
      allocatedBytes: inspection.allocatedBytes ?? (isFlat(inspection.format) ? source.allocatedBytes : undefined),
      sha256: known.sha256,
    }),
    repeatable,
    open() {
      const bytes = naming(encoder.open({ observer: made.observer(), signal: means.signal }), source.name);
      const through = checksumStream(
        withBackpressure(bytes, { ...means, progress, total: encoder.bytes, limit: plan.accept.maxBytes }),
        taken,
      );
      measured = through;
      if (expected.length === 0) return through.bytes;
      return withholdTail(through.bytes, encoder.bytes, () => compareDigests(through.result().digests, expected, source.name));
    },
    ...(pieces && made.expected.length === 0
      ? {
          hashing(blockBytes) {
            const told = blockBytes % contentIdBlock === 0 ? toldOf(made.observer()) : undefined;
            isHashed = told !== undefined;
            return told;
          },
          pieces() {
            let bytes = 0;
            const observer = isHashed ? nobody : made.observer();
            isHashed = false;
            measured = { result: () => ({ bytes, digests: {} }) };
            const through = pieces({ observer, signal: means.signal });
            return counted(naming(through, source.name), (count) => {
              bytes += count;
              progress(count, encoder.bytes);
            });
          },
        }
      : {}),
    arrived(bytes) {
      isToldOf = true;
      if (bytes > 0) means.progress(bytes, encoder.bytes);
    },
    // A target that has these bytes already does not ask for them: then what is known of them counts.
    sent: () => ({ bytes: measured?.result().bytes ?? encoder.bytes ?? 0, digests: measured ? digests() : { ...known } }),
  };
}

/** Somebody who can do with digests of blocks. Absent: he has to see the bytes. */
function toldOf(seer: DiskObserver): HashedBlocks | undefined {
  if (!seer.block) return undefined;
  return {
    each: contentIdBlock,
    zeros: (length) => seer.zeros(length),
    block: (sha256) => seer.block?.(sha256),
    data: (bytes) => seer.data(bytes),
  };
}

async function* counted<Piece extends Uint8Array | number>(
  pieces: AsyncIterable<Piece>,
  count: (bytes: number) => void,
): AsyncGenerator<Piece, void, undefined> {
  for await (const piece of pieces) {
    yield piece;
    count(typeof piece === 'number' ? piece : piece.length);
  }
}

/** What is hashed on the way, and compared at its end. */
interface Hashing {
  /** The target proves the digest that is known. */
  readonly proves: boolean;
  readonly expected: readonly Checksum[];
  readonly taken: readonly string[];
}

function hashingOf({ repeatable, expected, known, reported }: Made, { wishes }: StagingRequest): Hashing {
  // What can be read again is, should the target report another digest than the first.
  const algorithms = repeatable ? reported.slice(0, 1) : reported;
  // A target that proves its own SHA-256 to be the one that is known leaves nothing to be hashed here.
  const proves =
    algorithms[0] === 'sha256' && known.sha256 !== undefined && (wishes.checksum?.algorithm ?? 'sha256') === 'sha256';
  if (proves) return { proves, expected: [], taken: [] };
  return { proves, expected, taken: [...new Set([...algorithms, ...expected.map(({ algorithm }) => algorithm)])] };
}

import type { Bytes } from '../../core/http.ts';
import { given } from '../../core/image.ts';
import { humanSize } from '../../core/quantity.ts';
import { alignedIfKnown, alignedRuns } from '../align.ts';
import { encoderFor, type Encoder } from '../compress.ts';
import type { Runs } from '../extents.ts';
import { readRuns, streamRuns, watchGzipMembers } from '../formats/index.ts';
import { isFlat } from '../plan.ts';
import { passesOn, type StagingRequest, type Staged } from '../staging.ts';
import { diskBytes } from './disk-bytes.ts';
import { diskPieces } from '../writers/disk-pieces.ts';
import { observedBytes } from './observed-disk.ts';

/** `shows`: the disk's bytes are seen on the way. */
export interface ContentEncoder extends Encoder {
  readonly shows: boolean;
}

/** How the plan's result is made of what is ready. */
export async function contentEncoder(from: Staged, asked: StagingRequest): Promise<ContentEncoder> {
  const { plan } = from.judgement;
  return plan.convert || plan.wrap ? decoding(from, asked) : passing(from, asked);
}

async function decoding(from: Staged, asked: StagingRequest): Promise<ContentEncoder> {
  const { guest, expected } = from;
  const { plan } = from.judgement;
  const { source, inspection, whole } = from.seen;
  const { alignBytes } = plan;
  const decoded = (): Runs =>
    guest ? readRuns(guest.random, guest.inspection) : streamRuns(diskBytes(from, asked, expected), inspection);
  const isKnown = whole || !isFlat(inspection.format);
  const disk = guest?.inspection.virtualBytes ?? (isKnown ? inspection.virtualBytes : undefined);
  const runs = (): Runs => (alignBytes === undefined ? decoded() : alignedRuns(decoded(), alignBytes));
  if (alignBytes !== undefined && disk !== undefined && disk % alignBytes !== 0)
    asked.means.warn(`${source.name}: the disk is filled up with zeros to a multiple of ${humanSize(alignBytes)}`);
  return { ...(await encoderFor(runs, plan.encoding, alignedIfKnown(disk, alignBytes))), shows: true };
}

function passing(from: Staged, asked: StagingRequest): ContentEncoder {
  const { plan } = from.judgement;
  const { source, doubtful } = from.seen;
  const shows = isFlat(plan.encoding.format) && plan.encoding.compression === undefined;
  // What may end as a fixed VHD goes without that footer.
  const length = plan.unwrap || doubtful || source.bytes === undefined ? {} : { bytes: source.bytes };
  // What is passed on is compared when it is sent: one hash is enough.
  const checked = (): Bytes => diskBytes(from, asked, passesOn(asked, from) ? [] : from.expected, length.bytes);
  const isWatched = plan.accept.oneMember === true && plan.encoding.compression === 'gzip';
  const warn = (): void => {
    asked.means.warn(
      `${source.name} has several gzip members, of which only the first may be decompressed there; compress it as one`,
    );
  };
  const bytes = (): Bytes => (isWatched ? watchGzipMembers(checked(), warn) : checked());
  return {
    ...length,
    open: ({ observer }) => (shows ? observedBytes(bytes(), observer) : bytes()),
    ...(shows ? given({ pieces: piecesOf(from) }) : {}),
    shows,
  };
}

/** Of a disk that goes as it is, where any place of it can be read: then the file system may say where there is nothing. */
function piecesOf({ guest, expected, seen: { whole }, judgement: { plan } }: Staged): Encoder['pieces'] {
  if (!guest || !whole || plan.unwrap || expected.length > 0) return undefined;
  return (options) => diskPieces(readRuns(guest.random, guest.inspection), options);
}

import type { RandomSource } from '../extents.ts';
import type { Report } from './findings.ts';
import { readFully } from './byte-reader.ts';

/** Where the table of snapshots is. */
export interface SnapshotTable {
  readonly offset: number;
  readonly count: number;
}

const entryBytes = 40;
/** What QEMU takes: of one entry, of the table, of the tables of one snapshot. */
const maxExtraBytes = 1024;
const maxTableBytes = 64 << 20;
const maxL1Bytes = 32 << 20;
const windowBytes = 64 << 10;

/** Reports snapshots (docs/interop/qcow2.rst of QEMU, "Snapshots") for which others refuse the image, or of which a part is not in the file. */
export async function checkSnapshots(
  source: RandomSource,
  { offset, count }: SnapshotTable,
  clusterBytes: number,
  report: Report,
): Promise<void> {
  const header = windowed(source);
  let at = offset;
  for (let index = 0; index < count; index += 1) {
    if (at + entryBytes > source.size) return report.reject('snapshots', `snapshot ${index} is past the end of the file`);
    const entry = await header(at);
    const why = faultOf(entry);
    if (why !== undefined) return report.reject('snapshots', `snapshot ${index} ${why}`);
    at = Math.ceil((at + lengthOf(entry)) / 8) * 8;
  }

  function faultOf(entry: Buffer): string | undefined {
    const [l1High, l1Low, l1Size] = [entry.readUInt32BE(0), entry.readUInt32BE(4), entry.readUInt32BE(8)];
    const l1Offset = l1High * 2 ** 32 + l1Low;
    const extra = entry.readUInt32BE(36);
    if (extra > maxExtraBytes) return `has ${extra} bytes of extra data, more than ${maxExtraBytes}`;
    const end = at + lengthOf(entry);
    if (end > source.size || end - offset > maxTableBytes) return 'does not fit into the table of snapshots';
    if (l1Size * 8 > maxL1Bytes || l1Offset % clusterBytes !== 0 || l1Offset + l1Size * 8 > source.size)
      return `has its L1 table of ${l1Size} entries at ${l1Offset} (truncated?)`;
    return undefined;
  }
}

const lengthOf = (entry: Buffer): number => entryBytes + entry.readUInt32BE(36) + entry.readUInt16BE(12) + entry.readUInt16BE(14);

/** Entries at rising places, many of which are read at once. */
function windowed(source: RandomSource): (at: number) => Promise<Buffer> {
  let begin = 0;
  let bytes: Buffer = Buffer.alloc(0);
  return async (at) => {
    if (at + entryBytes > begin + bytes.length) {
      bytes = await readFully(source, at, Math.min(windowBytes, source.size - at), 'the table of snapshots');
      begin = at;
    }
    return bytes.subarray(at - begin, at - begin + entryBytes);
  };
}

import type { Report } from './findings.ts';
import { hasText, u64le, type Edges } from './byte-reader.ts';

const bootSignature = '\x55\xaa';
/** The sizes of a sector that disks have. The second sector holds the header of a GPT. */
const sectorSizes = [512, 4096];

/**
 * Where the header of a GUID partition table is. Without the boot sector that protects it, it is not one of this file: containers
 * keep sectors of the disk in them as they are, and the second one may lie at the same place of the file.
 */
function gptHeaderAt({ head }: Edges): number | undefined {
  return hasText(head, 510, bootSignature) ? sectorSizes.find((at) => hasText(head, at, 'EFI PART')) : undefined;
}

/** The partition table that a disk begins with. */
export function partitionsOf(edges: Edges): 'gpt' | 'mbr' | undefined {
  const { head } = edges;
  if (gptHeaderAt(edges) !== undefined) return 'gpt';
  // A FAT boot sector ends with the same two bytes: two copies of its table, on a fixed disk.
  const isFat = head[16] === 2 && head[21] === 0xf8;
  return hasText(head, 510, bootSignature) && !isFat ? 'mbr' : undefined;
}

const entriesOf = (head: Buffer): Buffer[] => [446, 462, 478, 494].map((at) => head.subarray(at, at + 16));
const isFlagged = (entry: Buffer): boolean => ((entry[0] ?? 1) & 0x7f) === 0;

/** Whether the first sector is one to boot from, or has a table with something in it: two bytes alone may be there by chance. */
export function hasPartitionTable({ head }: Edges): boolean {
  if (!hasText(head, 510, bootSignature)) return false;
  const entries = entriesOf(head);
  return entries.every(isFlagged) && entries.some((entry) => entry[4] !== 0 && entry.readUInt32LE(12) > 0);
}

/** What stands for all of a disk that has a GPT: it may say any length. */
const protective = 0xee;
const sectorBytes = 512;

/** Where the last partition of the first sector's table ends. */
function partitionsEnd(edges: Edges): number {
  if (!hasPartitionTable(edges)) return 0;
  const used = entriesOf(edges.head).filter((entry) => entry[4] !== 0 && entry[4] !== protective);
  return Math.max(0, ...used.map((entry) => (entry.readUInt32LE(8) + entry.readUInt32LE(12)) * sectorBytes));
}

/** Reports what is odd about the partition table of a disk. */
export function checkPartitions(edges: Edges, report: Report): void {
  const { head, size } = edges;
  for (const entry of entriesOf(head))
    if (!isFlagged(entry)) report.warn('partition_flag', `a partition has the boot flag 0x${(entry[0] ?? 0).toString(16)}`);
  // The other copy of the GPT header is in the last sector of the disk.
  const at = gptHeaderAt(edges);
  if (at !== undefined && (u64le(head, at + 32) + 1) * at > size)
    report.warn('truncated', 'the partition table belongs to a larger disk (truncated?)');
  const end = partitionsEnd(edges);
  if (end > size) report.warn('truncated', `a partition ends at ${end}, past the end of the disk at ${size} (truncated?)`);
  if (at !== undefined && at !== sectorBytes) reportSectors(at, report);
}

/** Reports sectors that are not those of most machines. */
export function reportSectors(bytes: number, report: Report): void {
  report.warn(
    'sector_size',
    `the disk has sectors of ${bytes} bytes: a machine with sectors of 512 bytes finds no partitions on it`,
  );
}

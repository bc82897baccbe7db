import { flatExtents } from './extents.ts';
import type { FormatReader, Layout } from './format-reader.ts';
import { hasText, u64le, type Edges } from './reading.ts';
import type { RandomSource } from '../runs.ts';
import type { Report } from './findings.ts';

/** A disk as it is. The end of something only partly known is not known. */
function flatLayout(source: RandomSource, subformat?: string): Layout {
  const known = Number.isFinite(source.size);
  return {
    ...(subformat === undefined ? {} : { subformat }),
    ...(known ? { virtualBytes: source.size } : {}),
    extents: () => flatExtents(source.size),
  };
}

function partitions({ head }: Edges): 'gpt' | 'mbr' | undefined {
  // The second place is that of disks with sectors of 4096 bytes.
  if (hasText(head, 512, 'EFI PART') || hasText(head, 4096, 'EFI PART')) return 'gpt';
  // A FAT boot sector ends with the same two bytes: two copies of its table, on a fixed disk.
  const isFat = head[16] === 2 && head[21] === 0xf8;
  return hasText(head, 510, '\x55\xaa') && !isFat ? 'mbr' : undefined;
}

/** A disk without any format; `sniff` tells whether it has a partition table. */
export const raw: FormatReader = {
  name: 'raw',
  sniff: (edges) => partitions(edges) !== undefined,
  open(source, edges, report) {
    const subformat = partitions(edges);
    if (source.size === 0) report.reject('empty', 'the file is empty');
    if (subformat !== undefined) checkPartitions(edges, subformat, report);
    return Promise.resolve(flatLayout(source, subformat));
  },
};

function checkPartitions({ head, size }: Edges, subformat: 'gpt' | 'mbr', report: Report): void {
  for (let at = 446; at < 510; at += 16)
    if (head[at] !== 0 && head[at] !== 0x80)
      report.warn('partition_flag', `a partition has the boot flag 0x${(head[at] ?? 0).toString(16)}`);
  // The other copy of the GPT header stands in the last sector of the disk.
  if (subformat === 'gpt' && hasText(head, 512, 'EFI PART') && (u64le(head, 512 + 32) + 1) * 512 > size)
    report.warn('truncated', 'the partition table belongs to a larger disk: the file may have been cut off');
}

/** ISO 9660 and UDF images, with or without a partition table in front. */
export const iso: FormatReader = {
  name: 'iso',
  sniff: ({ head }) => ['CD001', 'NSR02', 'NSR03'].some((magic) => hasText(head, 32769, magic)),
  open: (source) => Promise.resolve(flatLayout(source)),
};

/** An encrypted volume. Only its owner can tell what is inside. */
export const luks: FormatReader = {
  name: 'luks',
  sniff: ({ head }) => hasText(head, 0, 'LUKS\xba\xbe'),
  open(source, { head }, report) {
    report.warn('encrypted', 'a LUKS volume: what is inside cannot be checked');
    return Promise.resolve(flatLayout(source, head.length >= 8 ? `v${head.readUInt16BE(6)}` : undefined));
  },
};

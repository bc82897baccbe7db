import { checkRawDisk, checkSectors } from './raw-disk.ts';
import { sparseExtents } from './extents.ts';
import type { FormatReader, Layout } from './format-reader.ts';
import { checkPartitions, partitionsOf } from './partitions.ts';
import { hasText } from './byte-reader.ts';
import type { RandomSource } from '../extents.ts';

/** A disk as it is. The end of something only partly known is not known. */
function flatLayout(source: RandomSource, subformat?: string): Layout {
  const known = Number.isFinite(source.size);
  return {
    ...(subformat === undefined ? {} : { subformat }),
    ...(known ? { virtualBytes: source.size } : {}),
    extents: () => sparseExtents(source),
  };
}

/** A disk without any format; `sniff` tells whether it has a partition table. */
export const raw: FormatReader = {
  name: 'raw',
  sniff: (edges) => partitionsOf(edges) !== undefined,
  open(source, edges, report) {
    const subformat = partitionsOf(edges);
    if (source.size === 0) report.reject('empty', 'there is no data in it');
    if (subformat === undefined) checkRawDisk(edges, report);
    else {
      checkPartitions(edges, report);
      checkSectors(source.size, report);
    }
    return Promise.resolve(flatLayout(source, subformat));
  },
};

/** ISO 9660 and UDF images, with or without a partition table in front. */
export const iso: FormatReader = {
  name: 'iso',
  sniff: ({ head }) => ['CD001', 'NSR02', 'NSR03'].some((magic) => hasText(head, 32769, magic)),
  open(source, _edges, report) {
    checkSectors(source.size, report);
    return Promise.resolve(flatLayout(source));
  },
};

/** An encrypted volume. Only its owner can tell what is inside. */
export const luks: FormatReader = {
  name: 'luks',
  sniff: ({ head }) => hasText(head, 0, 'LUKS\xba\xbe'),
  open(source, { head }, report) {
    report.warn('encrypted', 'a LUKS volume: its content cannot be checked');
    checkSectors(source.size, report);
    return Promise.resolve(flatLayout(source, head.length >= 8 ? `v${head.readUInt16BE(6)}` : undefined));
  },
};

import type { Compression } from '../../core/encoding.ts';
import { unsupportedReaders } from './unsupported.ts';
import type { Report } from './findings.ts';
import { iso, luks, raw } from './flat.ts';
import type { FormatReader } from './format-reader.ts';
import { qcow2 } from './qcow2.ts';
import { hasText, type Edges } from './byte-reader.ts';
import { isZstd } from './zstd-frame.ts';
import { ova, tar } from './tar.ts';
import { vdi } from './vdi.ts';
import { vhd } from './vhd.ts';
import { hasVhdHead } from './vhd-footer.ts';
import { vhdx } from './vhdx.ts';
import { vmdk } from './vmdk.ts';

/** Every format, in order of precedence: the first names a file that is valid in more than one. */
const readers: readonly FormatReader[] = [qcow2, vmdk, vdi, vhdx, vhd, ...unsupportedReaders, ova, tar, luks, iso, raw];

/** What has no tables of its own, so that it may also be the disk in front of the footer of a fixed VHD. */
const flat: readonly FormatReader[] = [raw, iso, luks];

const wrappers: readonly (readonly [Compression, (head: Buffer) => boolean])[] = [
  ['gzip', (head) => hasText(head, 0, '\x1f\x8b\x08')],
  ['xz', (head) => hasText(head, 0, '\xfd7zXZ\0')],
  ['zstd', isZstd],
  // The first block begins with the digits of pi; a file of nothing with those of its square root.
  ['bzip2', (head) => hasText(head, 0, 'BZh') && (hasText(head, 4, '1AY&SY') || hasText(head, 4, '\x17rE8P\x90'))],
];

/** The compression around a file, by its first bytes. */
export function compressionOf({ head }: Edges): Compression | undefined {
  return wrappers.find(([, begins]) => begins(head))?.[0];
}

/** The one format a file has. More than one is reported, because another program may take it for the other one. */
export function formatOf(edges: Edges, report: Report): FormatReader {
  const found = readers.filter((reader) => reader.sniff(edges));
  const matches = found.filter((reader) => !isGuest(reader, found, edges));
  const [first = raw] = matches;
  const rivals = matches.filter((reader) => reader === first || !isDeferred(first, reader, edges));
  if (rivals.length > 1) report.reject('multiple_formats', `the file is valid as ${rivals.map(titleOf).join(' and as ')}`);
  return first;
}

/** Another format that a file with tables may be valid as, by what is at `at`: unless that belongs to the disk in it. */
export interface Polyglot {
  readonly title: string;
  readonly at: number;
}

/** What `formatOf` has not judged: only the tables of a container tell whether a sector behind its header is one of the disk's. */
export function polyglotsOf(edges: Edges, first: FormatReader): readonly Polyglot[] {
  return readers
    .filter((reader) => reader !== first && reader.sniff(edges) && isDeferred(first, reader, edges))
    .map((reader) => ({ title: titleOf(reader), at: reader === iso ? isoMarkAt : edges.size - sectorBytes }));
}

const isoMarkAt = 32768;
const sectorBytes = 512;
/** What has its tables behind a header at the beginning of the file. */
const containers: readonly FormatReader[] = [qcow2, vmdk, vdi, vhdx, vhd];

/** The image that a disk begins as, by the bytes it begins with: written out as they are, they would be taken for it. Absent: none. */
export function nestedFormat(head: Buffer): string | undefined {
  const edges = { head, tail: Buffer.alloc(0), size: Infinity };
  const images = [...containers, ...unsupportedReaders.filter(({ name }) => name !== raw.name)];
  const found = images.find((reader) => reader.sniff(edges));
  return found?.name;
}

/** Whether a match is known by what is far behind the header of a container, where there may be sectors of the disk in it. */
function isDeferred(first: FormatReader, reader: FormatReader, edges: Edges): boolean {
  if (!containers.includes(first) || (first === vhd && !hasVhdHead(edges))) return false;
  return reader === iso || !reader.sniff({ ...edges, tail: Buffer.alloc(0) });
}

const titleOf = ({ name, title }: FormatReader): string => title ?? name;

/** Whether one match says nothing against another: an ISO has a partition table to boot from, a fixed VHD a disk inside. */
function isGuest(reader: FormatReader, found: readonly FormatReader[], edges: Edges): boolean {
  if (reader === raw && found.some((other) => other === iso || unsupportedReaders.includes(other))) return true;
  return flat.includes(reader) && found.includes(vhd) && !hasVhdHead(edges);
}

/** A compressed file that is valid as something else too. A boot sector's two bytes may be there by chance. */
export function checkCompressedPolyglot(whole: Edges, compression: Compression, report: Report): void {
  // Zstandard may keep a file as it is to its last byte; what follows behind its own end is found when it is read.
  const edges = compression === 'zstd' ? { ...whole, tail: Buffer.alloc(0) } : whole;
  const found = readers.find((reader) => reader !== raw && reader.sniff(edges));
  if (found) report.reject('multiple_formats', `the file is valid as ${compression} and as ${titleOf(found)}`);
}

/** Whether the file is the disk, without tables. */
export const isFlat = (reader: FormatReader): boolean => flat.includes(reader);
export const isArchive = (reader: FormatReader): boolean => reader === tar || reader === ova;

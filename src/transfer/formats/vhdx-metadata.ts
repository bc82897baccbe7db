import type { RandomSource } from '../extents.ts';
import { crc32c } from './crc32c.ts';
import { findingError, type Report } from './findings.ts';
import { reportSectors } from './partitions.ts';
import { hasText, readFully, u64le } from './byte-reader.ts';

/** What the headers of a VHDX ([MS-VHDX], 2.2 and 2.6) say. Sizes in bytes. */
export interface VhdxLayout {
  readonly virtualBytes: number;
  readonly blockBytes: number;
  readonly sectorBytes: number;
  readonly tableOffset: number;
  readonly tableBytes: number;
}

const KiB = 1024;
const maxRegions = 2047;
const maxVirtualBytes = 64 * 2 ** 40;
const maxTableBytes = 256 * KiB * KiB;
// Identifiers as they stand in the file: the first three fields are little-endian.
const regionIds = { table: '6677c22d23f600429d64115e9bfd4a08', metadata: '06a27c8b90479a4bb8fe575f050f886e' };
const itemIds = {
  parameters: '3767a1ca36fa434db3b633f0aa44e76b',
  virtualSize: '2442a52f1bcd7648b2115dbed83bf4b8',
  sectorSize: '1dbf41816fa90947ba47f233a8faab5f',
};
/** Items that say nothing about where the data is: the identifier of the disk, its physical sectors, and the parent that a disk of its own has not. */
const otherItemIds = ['ab12cabee6b2234593efc309e000c746', 'c748a3cd5d4471449cc9e9885251c556', '2d5fd3a80bb34d45abf7d3d84834ab0c'];
const isRequired = 4;

export async function openVhdx(source: RandomSource, report: Report): Promise<VhdxLayout> {
  await checkLog(source);
  const regions = await readRegions(source);
  const items = await readItems(source, regions.metadata.offset, regions.metadata.bytes);
  const blockBytes = items.parameters.readUInt32LE(0);
  const sectorBytes = items.sectorSize.readUInt32LE(0);
  const virtualBytes = u64le(items.virtualSize, 0);
  if (items.parameters.readUInt32LE(4) & 2) report.reject('backing_file', 'a differencing VHDX has a parent');
  if (blockBytes < KiB * KiB || blockBytes > 256 * KiB * KiB || (blockBytes & (blockBytes - 1)) !== 0)
    throw findingError('block_size', `a VHDX block has ${blockBytes} bytes`);
  if (sectorBytes !== 512 && sectorBytes !== 4096) throw findingError('metadata', `a VHDX sector has ${sectorBytes} bytes`);
  if (sectorBytes !== 512) reportSectors(sectorBytes, report);
  if (virtualBytes > maxVirtualBytes || virtualBytes % sectorBytes !== 0)
    throw findingError('virtual_size', `a disk of ${virtualBytes} bytes cannot be a VHDX`);
  return { virtualBytes, blockBytes, sectorBytes, tableOffset: regions.table.offset, tableBytes: regions.table.bytes };
}

/** Of the two headers the valid one with the higher sequence number counts. Changes that wait in the log are not applied here. */
async function checkLog(source: RandomSource): Promise<void> {
  const headers = await Promise.all([64 * KiB, 128 * KiB].map((at) => readFully(source, at, 4 * KiB, 'a VHDX header')));
  const valid = headers.filter((header) => hasText(header, 0, 'head') && crc32c(header, 4) === header.readUInt32LE(4));
  const current = valid.sort((one, other) => u64le(other, 8) - u64le(one, 8))[0];
  if (current === undefined) throw findingError('header', 'neither of the two VHDX headers is valid');
  if (current.readUInt16LE(66) !== 1) throw findingError('version', `VHDX version ${current.readUInt16LE(66)}`);
  if (current.subarray(48, 64).some((byte) => byte !== 0))
    throw findingError('log', 'the VHDX was not closed: changes wait in its log');
}

interface Region {
  readonly offset: number;
  readonly bytes: number;
}

async function readRegions(source: RandomSource): Promise<{ table: Region; metadata: Region }> {
  const copies = await Promise.all([192 * KiB, 256 * KiB].map((at) => readFully(source, at, 64 * KiB, 'a VHDX region table')));
  const regions = copies.find((copy) => hasText(copy, 0, 'regi') && crc32c(copy, 4) === copy.readUInt32LE(4));
  if (regions === undefined) throw findingError('region', 'neither of the two VHDX region tables is valid');
  const count = regions.readUInt32LE(8);
  if (count > maxRegions) throw findingError('region', `a VHDX region table of ${count} entries`);
  const found = new Map<string, Region>();
  for (let at = 16; at < 16 + count * 32; at += 32) {
    const id = regions.toString('hex', at, at + 16);
    const region = { offset: u64le(regions, at + 16), bytes: regions.readUInt32LE(at + 24) };
    const isKnown = id === regionIds.table || id === regionIds.metadata;
    if (!isKnown && regions.readUInt32LE(at + 28) & 1)
      throw findingError('unknown_feature', `the VHDX requires a region of an unknown kind (${id})`);
    if (region.offset < 320 * KiB || region.offset + region.bytes > source.size)
      throw findingError('region', `a VHDX region at ${region.offset} is not inside the file`);
    found.set(id, region);
  }
  const table = found.get(regionIds.table);
  const metadata = found.get(regionIds.metadata);
  if (table === undefined || metadata === undefined) throw findingError('region', 'the VHDX has no block table or no metadata');
  if (table.bytes > maxTableBytes) throw findingError('bat', `a block table of ${table.bytes} bytes`);
  return { table, metadata };
}

async function readItems(source: RandomSource, offset: number, bytes: number): Promise<Record<keyof typeof itemIds, Buffer>> {
  const table = await readFully(source, offset, Math.min(bytes, 64 * KiB), 'the VHDX metadata');
  const count = table.length >= 32 && hasText(table, 0, 'metadata') ? table.readUInt16LE(10) : 0;
  if (count === 0 || 32 + count * 32 > table.length) throw findingError('metadata', 'the VHDX metadata table is broken');
  const known: readonly string[] = [...Object.values(itemIds), ...otherItemIds];
  for (let at = 32; at < 32 + count * 32; at += 32) {
    const id = table.toString('hex', at, at + 16);
    if (table.readUInt32LE(at + 24) & isRequired && !known.includes(id))
      throw findingError('unknown_feature', `the VHDX requires metadata of an unknown kind (${id})`);
  }
  const item = async (id: string, length: number) => {
    for (let at = 32; at < 32 + count * 32; at += 32) {
      const from = table.readUInt32LE(at + 16);
      if (table.toString('hex', at, at + 16) !== id) continue;
      if (table.readUInt32LE(at + 20) < length || from + length > bytes) break;
      return readFully(source, offset + from, length, 'the VHDX metadata');
    }
    throw findingError('metadata', 'the VHDX metadata does not say how large the disk and its blocks are');
  };
  const [parameters, virtualSize, sectorSize] = await Promise.all([
    item(itemIds.parameters, 8),
    item(itemIds.virtualSize, 8),
    item(itemIds.sectorSize, 4),
  ]);
  return { parameters, virtualSize, sectorSize };
}

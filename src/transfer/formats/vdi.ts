import type { RandomSource } from '../extents.ts';
import { blockExtents } from './block-map.ts';
import type { ExtentBatches } from './extents.ts';
import { findingError, type Report } from './findings.ts';
import type { FormatReader } from './format-reader.ts';
import { readFully, u64le } from './byte-reader.ts';

const magic = 0xbeda107f;
const version = 0x00010001;
const headerBytes = 512;
const blockBytes = 1 << 20;
const maxBlocks = 4 << 20;
/** Map entries from here on stand for blocks without data: never written, or discarded. */
const firstWithoutData = 0xfffffffe;
const types: Readonly<Record<number, string>> = { 1: 'dynamic', 2: 'fixed' };
const differencing = 4;

interface VdiHeader {
  readonly virtualBytes: number;
  readonly blocks: number;
  readonly mapOffset: number;
  readonly dataOffset: number;
  readonly extraBytes: number;
}

/** VirtualBox disk images, version 1.1. */
export const vdi: FormatReader = {
  name: 'vdi',
  sniff: ({ head }) => head.length >= 68 && head.readUInt32LE(64) === magic,
  async open(source, { head }, report) {
    if (head.length < headerBytes) throw findingError('truncated', 'the file ends inside the VDI header');
    if (head.readUInt32LE(68) !== version) throw findingError('version', `VDI version 0x${head.readUInt32LE(68).toString(16)}`);
    const type = head.readUInt32LE(76);
    if (type === differencing) throw findingError('backing_file', 'a differencing VDI has a parent');
    const subformat = types[type];
    if (subformat === undefined) throw findingError('header', `a VDI of type ${type}`);
    const header = parseHeader(head, source.size, report);
    return Promise.resolve({ subformat, virtualBytes: header.virtualBytes, extents: () => vdiExtents(source, header, report) });
  },
};

function parseHeader(head: Buffer, fileBytes: number, report: Report): VdiHeader {
  const virtualBytes = u64le(head, 368);
  const extraBytes = head.readUInt32LE(380);
  const blocks = head.readUInt32LE(384);
  if (head.readUInt32LE(376) !== blockBytes || extraBytes > blockBytes)
    throw findingError('block_size', `a VDI block has ${head.readUInt32LE(376)} bytes and ${extraBytes} more`);
  if (head.readUInt32LE(360) !== 512) throw findingError('header', `a VDI with sectors of ${head.readUInt32LE(360)} bytes`);
  if (virtualBytes > maxBlocks * blockBytes)
    throw findingError('virtual_size', `a disk of ${virtualBytes} bytes cannot be in this VDI`);
  const mapOffset = head.readUInt32LE(340);
  const dataOffset = head.readUInt32LE(344);
  if (blocks > maxBlocks || blocks * blockBytes < virtualBytes)
    throw findingError('bat', `${blocks} blocks do not make ${virtualBytes} bytes`);
  if (mapOffset < headerBytes || mapOffset + blocks * 4 > fileBytes)
    throw findingError('bat', `a block table of ${blocks} entries at ${mapOffset}`);
  // Identifiers of the image this one links to and of its parent.
  if (head.subarray(424, 456).some((byte) => byte !== 0)) report.reject('backing_file', 'the VDI names a parent');
  return { virtualBytes, blocks, mapOffset, dataOffset, extraBytes };
}

async function* vdiExtents(source: RandomSource, header: VdiHeader, report: Report): ExtentBatches {
  const { virtualBytes, mapOffset, dataOffset, extraBytes } = header;
  const map = await readFully(source, mapOffset, header.blocks * 4, 'the block table');
  yield* blockExtents(
    {
      fileBytes: source.size,
      virtualBytes,
      blockBytes,
      offsetOf(index) {
        const entry = map.readUInt32LE(index * 4);
        return entry >= firstWithoutData ? undefined : dataOffset + entry * (blockBytes + extraBytes) + extraBytes;
      },
      reserved: [
        [0, headerBytes],
        [mapOffset, header.blocks * 4],
      ],
      outside: 'data_offset',
    },
    report,
  );
}

import type { RandomSource } from '../extents.ts';
import { blockExtents } from './block-map.ts';
import { flatExtents, type ExtentBatches } from './extents.ts';
import { findingError, type Report } from './findings.ts';
import type { FormatReader } from './format-reader.ts';
import { hasText, readFully, u64be } from './byte-reader.ts';
import { vhdChecksum, hasVhdHead, hasVhdTail, openVhdFooter, vhdFooterBytes, type VhdFooter } from './vhd-footer.ts';

const headerBytes = 1024;
const maxEntries = 4 << 20;
const maxBlockBytes = 256 << 20;
const absent = 0xffffffff;

/** VHD, fixed and dynamic. A differencing one is refused: it has a parent. */
export const vhd: FormatReader = {
  name: 'vhd',
  sniff: (edges) => hasVhdTail(edges) || hasVhdHead(edges),
  async open(source, edges, report) {
    const footer = openVhdFooter(edges, report);
    const { type: subformat, virtualBytes } = footer;
    if (subformat === 'fixed') {
      checkFixedSize(source, footer, report);
      return { subformat, virtualBytes, extents: () => flatExtents(virtualBytes) };
    }
    const table = await openDynamicHeader(source, footer, report);
    return { subformat, virtualBytes, extents: () => dynamicExtents(source, footer, table, report) };
  },
};

function checkFixedSize(source: RandomSource, { virtualBytes }: VhdFooter, report: Report): void {
  const dataBytes = source.size - vhdFooterBytes;
  if (dataBytes < virtualBytes) throw findingError('truncated', `the VHD says ${virtualBytes} bytes and holds ${dataBytes}`);
  if (dataBytes > virtualBytes) report.reject('virtual_size', `the VHD says ${virtualBytes} bytes and holds ${dataBytes}`);
}

interface BlockTable {
  readonly offset: number;
  readonly entries: number;
  readonly blockBytes: number;
}

async function openDynamicHeader(source: RandomSource, footer: VhdFooter, report: Report): Promise<BlockTable> {
  const header = await readFully(source, footer.headerOffset, headerBytes, 'the dynamic VHD header');
  if (!hasText(header, 0, 'cxsparse')) throw findingError('header', 'the dynamic VHD header is not where the footer says');
  const offset = u64be(header, 16);
  const entries = header.readUInt32BE(28);
  const blockBytes = header.readUInt32BE(32);
  if (blockBytes < 512 || blockBytes > maxBlockBytes || (blockBytes & (blockBytes - 1)) !== 0)
    throw findingError('block_size', `a VHD block has ${blockBytes} bytes`);
  if (entries > maxEntries || entries * blockBytes < footer.virtualBytes || offset + entries * 4 > source.size)
    throw findingError('bat', `a block table of ${entries} entries at ${offset}`);
  if (header.subarray(40, 56).some((byte) => byte !== 0)) report.reject('backing_file', 'the VHD names a parent');
  vhdChecksum(header, 36, 'the dynamic VHD header', report);
  return { offset, entries, blockBytes };
}

async function* dynamicExtents(source: RandomSource, footer: VhdFooter, table: BlockTable, report: Report): ExtentBatches {
  const bytes = await readFully(source, table.offset, table.entries * 4, 'the block table');
  // Before the data of a block stands a bitmap of its written sectors. The others hold zeros, so it need not be read.
  const bitmapBytes = Math.ceil(table.blockBytes / 512 / 8 / 512) * 512;
  yield* blockExtents(
    {
      fileBytes: source.size,
      virtualBytes: footer.virtualBytes,
      blockBytes: table.blockBytes,
      offsetOf(index) {
        const sector = bytes.readUInt32BE(index * 4);
        return sector === absent ? undefined : sector * 512 + bitmapBytes;
      },
      reserved: [
        [0, vhdFooterBytes],
        [footer.headerOffset, headerBytes],
        [table.offset, table.entries * 4],
      ],
      outside: 'truncated',
    },
    report,
  );
}

import type { RandomSource } from '../extents.ts';
import { blockExtents } from './block-map.ts';
import type { ExtentBatches } from './extents.ts';
import { findingError, type Report } from './findings.ts';
import type { FormatReader } from './format-reader.ts';
import { hasText, readFully } from './byte-reader.ts';
import { openVhdx, type VhdxLayout } from './vhdx-metadata.ts';

/** States of a block ([MS-VHDX], 2.5.1.1). In all others there is no data, and the block reads as zeros. */
const fullyPresent = 6;
const partiallyPresent = 7;
const MiB = 1 << 20;

/** VHDX without a parent and with nothing in its log. */
export const vhdx: FormatReader = {
  name: 'vhdx',
  sniff: ({ head }) => hasText(head, 0, 'vhdxfile'),
  async open(source, _edges, report) {
    const layout = await openVhdx(source, report);
    return { virtualBytes: layout.virtualBytes, extents: () => vhdxExtents(source, layout, report) };
  },
};

async function* vhdxExtents(source: RandomSource, layout: VhdxLayout, report: Report): ExtentBatches {
  const { virtualBytes, blockBytes, sectorBytes, tableOffset } = layout;
  // After as many blocks as one sector bitmap describes, the table has an entry for that bitmap.
  const chunkBlocks = (2 ** 23 * sectorBytes) / blockBytes;
  const blocks = Math.ceil(virtualBytes / blockBytes);
  const usedBytes = blocks === 0 ? 0 : (blocks + Math.floor((blocks - 1) / chunkBlocks)) * 8;
  if (usedBytes > layout.tableBytes)
    throw findingError('bat', `a block table of ${layout.tableBytes} bytes is too small for ${blocks} blocks`);
  const table = await readFully(source, tableOffset, usedBytes, 'the block table');
  yield* blockExtents(
    {
      fileBytes: source.size,
      virtualBytes,
      blockBytes,
      offsetOf(index) {
        const at = (index + Math.floor(index / chunkBlocks)) * 8;
        const low = table.readUInt32LE(at);
        const state = low & 7;
        if (state === partiallyPresent) throw findingError('backing_file', 'a block of the VHDX is partly in a parent');
        // Bits 20 to 63 are the place in MiB, so that the place in bytes is the entry without its low 20 bits.
        return state === fullyPresent ? table.readUInt32LE(at + 4) * 2 ** 32 + Math.floor(low / MiB) * MiB : undefined;
      },
      reserved: [
        [0, MiB],
        [tableOffset, layout.tableBytes],
      ],
      outside: 'truncated',
    },
    report,
  );
}

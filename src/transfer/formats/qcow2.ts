import { findingError } from './findings.ts';
import { inflateRawExactly, checkDeflateWindow } from './inflate.ts';
import type { Codec } from './extents.ts';
import type { FormatReader } from './format-reader.ts';
import { parseQcow2Header } from './qcow2-header.ts';
import { qcow2Extents } from './qcow2-tables.ts';
import { hasText, readFully } from './byte-reader.ts';
import { unzstdExactly } from './zstd.ts';

const magic = 'QFI\xfb';
/** qcow2 allows compressed data to reach back 4 KiB. Further back, other programs may not be able to read it. */
const windowBits = 12;

const zlibCluster: Codec = {
  deflated: (bytes) => bytes,
  unpack: (bytes, extent) => inflateRawExactly(bytes, extent.full),
  prove: (bytes, extent) => checkDeflateWindow(bytes, extent.full, windowBits),
};
const zstdCluster: Codec = { unpack: (bytes, extent) => unzstdExactly(bytes, extent.full) };

/** qcow2 versions 2 and 3. Version 1, which has the same magic, is recognised and refused. */
export const qcow2: FormatReader = {
  name: 'qcow2',
  sniff: ({ head }) => hasText(head, 0, magic),
  async open(source, { head }, report) {
    if (head.length < 24) throw findingError('truncated', 'the file ends inside the qcow2 header');
    const clusterBits = head.readUInt32BE(20);
    // The header extensions may fill the whole first cluster.
    const first =
      clusterBits > 16 && clusterBits <= 21
        ? await readFully(source, 0, Math.min(2 ** clusterBits, source.size), 'the header')
        : head;
    const header = parseQcow2Header(first, source.size, report);
    return {
      subformat: `v${header.version}`,
      virtualBytes: header.virtualBytes,
      extents: () => qcow2Extents(source, header, header.zstd ? zstdCluster : zlibCluster, report),
    };
  },
};

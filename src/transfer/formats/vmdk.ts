import type { RandomSource } from '../extents.ts';
import { findingError, type Report } from './findings.ts';
import type { FormatReader } from './format-reader.ts';
import { BeyondPrefix, hasText, readFully, type Edges } from './byte-reader.ts';
import { checkDescriptor, describeSet } from './vmdk-descriptor.ts';
import { markerBytes, vmdkExtents } from './vmdk-grains.ts';
import { parseVmdkHeader, sectorBytes, type VmdkHeader } from './vmdk-header.ts';
import { isInOrder } from './vmdk-stream.ts';

const maxDescriptorBytes = 1 << 20;
/** ESX formats that are parts of chains or of sets of files. */
const otherMagics: readonly (readonly [magic: string, subformat: string])[] = [
  ['COWD', 'COWD'],
  ['\xbe\xba\xfe\xca\x00\x00\x00\x00', 'seSparse'],
];

/** Sparse VMDK files, `monolithicSparse` and `streamOptimized`. Everything that needs other files is recognised and refused. */
export const vmdk: FormatReader = {
  name: 'vmdk',
  sniff: ({ head }) => hasText(head, 0, 'KDMV') || isDescriptor(head) || otherMagics.some(([magic]) => hasText(head, 0, magic)),
  async open(source, edges, report) {
    const other = otherMagics.find(([magic]) => hasText(edges.head, 0, magic));
    if (other)
      throw findingError(
        'banned_format',
        `a VMDK of kind ${other[1]}, a part of a set on ESXi, which is not supported`,
        'Export it as one file on ESXi: vmkfstools -i DESCRIPTOR.vmdk, or ovftool',
      );
    if (!hasText(edges.head, 0, 'KDMV')) throw findingError('external_extent', describeSet(edges.head.toString('utf8')));
    const header = parseVmdkHeader(edges.head);
    if (header.overheadBytes > source.size)
      throw findingError(
        'truncated',
        `the VMDK ends within its first ${header.overheadBytes} bytes, before any data (truncated?)`,
      );
    const described = await openDescriptor(source, header, report);
    const subformat = header.compressed ? 'streamOptimized' : 'monolithicSparse';
    if (described !== undefined && described !== subformat)
      report.reject('header', `the header is of a ${subformat}, the descriptor says ${described}`);
    return {
      subformat,
      virtualBytes: header.virtualBytes,
      isInOrder: isInOrder(header),
      async *extents() {
        const directory = header.directoryOffset ?? directoryFromFooter(edges, header);
        let lastGrain = 0;
        for await (const extents of vmdkExtents(source, header, directory, report)) {
          for (const extent of extents) if (extent.kind === 'packed') lastGrain = Math.max(lastGrain, extent.offset);
          yield extents;
        }
        if (header.compressed && header.directoryOffset !== undefined) await checkEnd(source, edges, lastGrain, report);
      },
    };
  },
};

/** A description alone, as QEMU finds it: after blank lines and comments comes `version=`. */
function isDescriptor(head: Buffer): boolean {
  const text = head.toString('latin1', 0, 1024);
  return (
    /^\s*# ?(disk descriptor ?file|description file created by)/i.test(text) ||
    /^(?:[ \t]*(?:#[^\n]*)?\r?\n)*[ \t]*version=\d/.test(text)
  );
}

async function openDescriptor(source: RandomSource, header: VmdkHeader, report: Report): Promise<string | undefined> {
  const { descriptorOffset, descriptorBytes } = header;
  if (descriptorOffset === 0 && descriptorBytes === 0) return refusePart(report);
  if (descriptorOffset !== sectorBytes || descriptorBytes === 0 || descriptorBytes > maxDescriptorBytes) {
    report.reject('descriptor', `a VMDK descriptor of ${descriptorBytes} bytes at ${descriptorOffset}`);
    return undefined;
  }
  const bytes = await readFully(source, descriptorOffset, descriptorBytes, 'the VMDK descriptor');
  const end = bytes.indexOf(0);
  // QEMU leaves room for a description in the parts of a set too.
  if (end === 0) return refusePart(report);
  return checkDescriptor(bytes.toString('utf8', 0, end < 0 ? bytes.length : end), header.virtualBytes / sectorBytes, report);
}

/** What is made of a part alone would pass for the whole disk. */
function refusePart(report: Report): undefined {
  report.reject(
    'descriptor',
    'a part of a VMDK that is split into several files',
    'Put the set into one file with: qemu-img convert -O qcow2 DESCRIPTOR.vmdk whole.qcow2',
  );
}

/**
 * A stream whose directory is at its beginning needs no footer. Programs look for one all the same, so there must be nothing behind the
 * last grain that could be taken for one.
 */
async function checkEnd(source: RandomSource, edges: Edges, lastGrain: number, report: Report): Promise<void> {
  if (edges.size === Infinity || lastGrain === 0) return;
  const end = lastGrain + markerBytes + (await readFully(source, lastGrain + 8, 4, 'a grain')).readUInt32LE(0);
  const behind = edges.tail.subarray(Math.max(0, edges.tail.length - Math.max(0, edges.size - end)));
  if (behind.some((byte) => byte !== 0)) report.reject('footer', 'the last grain of the VMDK is not followed by a footer');
}

/** The last three sectors: a marker, a copy of the header that knows where the directory is, and the end-of-stream marker. */
function directoryFromFooter(edges: Edges, header: VmdkHeader): number {
  if (edges.size === Infinity) throw new BeyondPrefix('the footer lies behind what is known');
  const footer = edges.tail.subarray(sectorBytes, 2 * sectorBytes);
  if (edges.tail.length < 3 * sectorBytes || !hasText(footer, 0, 'KDMV'))
    throw findingError('truncated', 'the footer at the end of the VMDK is missing (truncated?)');
  const parsed = parseVmdkHeader(footer);
  if (parsed.fingerprint !== header.fingerprint) throw findingError('footer', 'header and footer of the VMDK differ');
  if (parsed.directoryOffset === undefined)
    throw findingError('footer', 'the footer of the VMDK does not say where the grain directory is');
  return parsed.directoryOffset;
}

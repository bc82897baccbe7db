import { findingError, type Report } from './findings.ts';
import { hasText, u64be, type Edges } from './byte-reader.ts';

/** The footer of a VHD ("Virtual Hard Disk Image Format Specification", 2006). Sizes in bytes. */
export interface VhdFooter {
  readonly type: 'fixed' | 'dynamic';
  readonly virtualBytes: number;
  /** Where the dynamic header is. */
  readonly headerOffset: number;
}

export const vhdFooterBytes = 512;
const cookie = 'conectix';
const maxVirtualBytes = 2040 * 2 ** 30;
const maxCylinders = 65535;
const types: Readonly<Record<number, VhdFooter['type']>> = { 2: 'fixed', 3: 'dynamic' };
const differencing = 4;

export const hasVhdTail = ({ tail }: Edges): boolean => tail.length >= vhdFooterBytes && hasText(tail, -vhdFooterBytes, cookie);
export const hasVhdHead = ({ head }: Edges): boolean => hasText(head, 0, cookie);

/** Takes the footer at the end, or, where that is missing, its copy at the beginning, which dynamic disks have. */
export function openVhdFooter(edges: Edges, report: Report): VhdFooter {
  const tail = hasVhdTail(edges) ? edges.tail.subarray(-vhdFooterBytes) : undefined;
  const head = hasVhdHead(edges) ? edges.head.subarray(0, vhdFooterBytes) : undefined;
  const footer = tail ?? head;
  if (footer === undefined || footer.length < vhdFooterBytes)
    throw findingError('truncated', 'the file ends inside the VHD header');
  const parsed = parseFooter(footer, report);
  if (tail === undefined && edges.size !== Infinity) {
    if (parsed.type === 'fixed') throw findingError('footer', 'a fixed VHD begins with a footer and has none at its end');
    report.warn('footer_missing', 'the VHD footer at the end is missing; its copy at the beginning was taken');
  }
  if (tail !== undefined && head !== undefined && parsed.type === 'dynamic' && !tail.equals(head))
    report.reject('footer', 'the VHD footer and its copy at the beginning differ');
  return parsed;
}

function parseFooter(footer: Buffer, report: Report): VhdFooter {
  if (footer.readUInt32BE(12) >>> 16 !== 1) throw findingError('version', `VHD version 0x${footer.toString('hex', 12, 16)}`);
  const type = footer.readUInt32BE(60);
  if (type === differencing) throw findingError('backing_file', 'a differencing VHD has a parent');
  const known = types[type];
  if (known === undefined) throw findingError('header', `a VHD of type ${type}`);
  const virtualBytes = u64be(footer, 48);
  if (virtualBytes > maxVirtualBytes || virtualBytes % 512 !== 0)
    throw findingError('virtual_size', `a disk of ${virtualBytes} bytes cannot be a VHD`);
  vhdChecksum(footer, 64, 'the VHD footer', report);
  checkGeometry(footer, virtualBytes, report);
  return { type: known, virtualBytes, headerOffset: u64be(footer, 16) };
}

/** One's complement of the sum of all bytes but those of the checksum. */
export function vhdChecksum(bytes: Buffer, at: number, what: string, report: Report): void {
  let sum = 0;
  for (const [index, byte] of bytes.entries()) if (index < at || index >= at + 4) sum += byte;
  if (~sum >>> 0 !== bytes.readUInt32BE(at)) report.reject('checksum', `the checksum of ${what} is wrong`);
}

/**
 * Oddity: Virtual PC took the size from the geometry and not from the size field; so does QEMU for files of both. Where the
 * two differ, the size field counts here, as it does for Hyper-V.
 */
function checkGeometry(footer: Buffer, virtualBytes: number, report: Report): void {
  const creator = footer.toString('latin1', 28, 32);
  const cylinders = footer.readUInt16BE(56);
  const bytes = cylinders * (footer[58] ?? 0) * (footer[59] ?? 0) * 512;
  if ((creator === 'vpc ' || creator === 'qemu') && cylinders < maxCylinders && bytes !== virtualBytes)
    report.warn('geometry', `the disk geometry gives ${bytes} bytes, the size field ${virtualBytes}; the field was taken`);
}

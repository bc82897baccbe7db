import type { Report } from './findings.ts';
import { hasText, type Edges } from './byte-reader.ts';
import { textFileOf } from './text-files.ts';

type Mark = readonly [at: number, text: string];

/** File systems and volumes by their magic numbers: a disk may hold one without a partition table. Those with a boot sector have its two bytes. */
const volumes: readonly Mark[] = [
  [510, '\x55\xaa'], // FAT, NTFS, exFAT, BitLocker, and whatever else is booted from
  [1080, '\x53\xef'], // ext2, ext3, ext4
  [0, 'XFSB'],
  [65536 + 64, '_BHRfS_M'],
  [4086, 'SWAPSPACE2'],
  [4086, 'SWAP-SPACE'],
  [65526, 'SWAPSPACE2'],
  [24, 'LVM2 001'],
  [536, 'LVM2 001'],
  [1048, 'LVM2 001'],
  [1560, 'LVM2 001'],
  [0, 'hsqs'], // SquashFS
  [1024, '\xe2\xe1\xf5\xe0'], // EROFS
  [1024, '\x10\x20\xf5\xf2'], // F2FS
  [4096 + 24, '\xc6\x85\x73\xf6'], // bcachefs
  [32768, 'JFS1'],
  [65536 + 52, 'ReIsEr'],
  [16384, '\x01\x01\0\0'], // ZFS: the list of names and values in its label
  [1024, 'H+'],
  [1024, 'HX'],
  [1024, 'BD'], // HFS
  [32, 'NXSB'], // APFS
  [0, 'ER'], // Apple partition map
  [508, '\xda\xbe'], // Sun disk label
  [512, '\x57\x45\x56\x82'], // BSD disk label
  [8192 + 1372, '\x19\x01\x54\x19'], // UFS2, UFS1
  [65536 + 1372, '\x19\x01\x54\x19'],
  [8192 + 1372, '\x54\x19\x01\0'],
  [4096, '\xfc\x4e\x2b\xa9'], // Linux RAID
  [0, '\xfc\x4e\x2b\xa9'],
  [8192, '\xe5\xd6\xd3\xf1'], // mainframe disks: VOL1 in EBCDIC
  [4, 'LNX1'],
  [0, '-rom1fs-'],
  [0, '\x45\x3d\xcd\x28'], // cramfs
  [1040, '\x7f\x13'], // Minix
  [1040, '\x8f\x13'],
  [3, '-FVE-FS-'], // BitLocker
];

/** Programs, and archives that Linux boots beside a disk. */
const programs: readonly (readonly [marks: readonly Mark[], title: string])[] = [
  [[[0, '\x7fELF']], 'an ELF program or kernel'],
  [[[0, '\xce\xfa\xed\xfe'], [0, '\xcf\xfa\xed\xfe'], [0, '\xca\xfe\xba\xbe']], 'a Mach-O program'], // prettier-ignore
  [[[514, 'HdrS']], 'a Linux kernel'],
  [[[56, 'ARM\x64'], [48, 'RISCV\0']], 'a Linux kernel'], // prettier-ignore
];
const initramfs: readonly Mark[] = [[0, '070701'], [0, '070702'], [0, '070707'], [0, '\xc7\x71'], [0, '\x71\xc7']]; // prettier-ignore

const isAt = (head: Buffer, marks: readonly Mark[]): boolean => marks.some(([at, text]) => hasText(head, at, text));

/** A Windows program begins like a boot sector of old; where its second header is, is said at 60. */
const isWindowsProgram = (head: Buffer): boolean =>
  hasText(head, 0, 'MZ') && head.length > 64 && hasText(head, head.readUInt32LE(60), 'PE\0\0');

/** Reports what a file is of which no format and no partition table says anything: what is no disk, what may be none, and an odd length. */
export function checkRawDisk(edges: Edges, report: Report): void {
  const { head, size } = edges;
  if (head.length === 0) return;
  const text = textFileOf(edges);
  if (text) return report.reject('text', `it is ${text.title}, not a disk image`, text.cure);
  checkSectors(size, report);
  const program = isWindowsProgram(head) ? 'a Windows program' : programs.find(([marks]) => isAt(head, marks))?.[1];
  if (program !== undefined) return report.warn('program', `it looks like ${program}, not a disk image`);
  if (isAt(head, initramfs)) return report.warn('initramfs', 'it looks like a cpio archive (initramfs), not a disk image');
  const isSeen = head.length >= Math.min(size, 1024);
  // A blank disk is plainly one.
  if (isSeen && !isAt(head, volumes) && head.some((byte) => byte !== 0))
    report.warn('no_volume', 'no partition table, file system or boot sector found: an encrypted disk, or no disk image');
}

/** Reports a length that no disk has. */
export function checkSectors(bytes: number, report: Report): void {
  if (Number.isFinite(bytes) && bytes % 512 !== 0)
    report.warn('odd_length', `its length of ${bytes} bytes is not a multiple of 512-byte sectors (truncated?)`);
}

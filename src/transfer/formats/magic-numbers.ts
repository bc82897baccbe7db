import { inflateSync, constants } from 'node:zlib';
import type { Format } from '../../core/encoding.ts';
import { hasText, u64le, type Edges } from './byte-reader.ts';

/** A kind of file that is told apart to be refused: nothing here reads it, and as a raw disk it would be nonsense. */
export interface ForeignFileType {
  readonly format: Format;
  /** With its article: "a 7-Zip archive". */
  readonly title: string;
  /** How people get at the disk in it. */
  readonly unpack: string;
  /**
   * `strong`: four bytes and more that nothing else begins with. `weak`: less, so that a boot sector may begin with them: a
   * partition table behind them says that it does.
   */
  readonly proof: 'strong' | 'weak';
  matches(edges: Edges): boolean;
}

type Magic = readonly [at: number, text: string];

/** Any of these texts; a negative place counts from the end of the file. */
const magic =
  (...magics: readonly Magic[]) =>
  ({ head, tail }: Edges): boolean =>
    magics.some(([at, text]) => hasText(at < 0 ? tail : head, at, text));

const strong = (title: string, unpack: string, ...magics: readonly Magic[]): ForeignFileType => ({
  format: 'raw',
  title,
  unpack,
  proof: 'strong',
  matches: magic(...magics),
});

const weak = (title: string, unpack: string, matches: (edges: Edges) => boolean): ForeignFileType => ({
  format: 'raw',
  title,
  unpack,
  proof: 'weak',
  matches,
});

const toRaw = 'Convert it with: qemu-img convert -O qcow2';
const installer = 'It is an installer: use the disk image that its publisher offers beside it.';
const document = 'Check that this is the right file.';

/** Disk images of other programs, archives, compressions, backups, packages and installers, by their established magic numbers. */
export const foreignFileTypes: readonly ForeignFileType[] = [
  { ...strong('a QED image', toRaw, [0, 'QED\0']), format: 'qed' },
  { ...strong('a Parallels image', toRaw, [0, 'WithoutFreeSpace'], [0, 'WithouFreSpacExt']), format: 'ploop' },
  // Disk images.
  strong('a Bochs disk image', toRaw, [0, 'Bochs Virtual HD Image']),
  strong('a cloop image', toRaw, [0, '#!/bin/sh\n#V2.0 Format\n']),
  strong('an Apple disk image', 'Convert it with: dmg2img FILE disk.raw', [-512, 'koly']),
  strong('an encrypted Apple disk image', 'Decrypt and convert it with: hdiutil convert', [0, 'encrcdsa'], [-8, 'cdsaencr']),
  strong('an Apple sparse image', 'Convert it with: hdiutil convert', [0, 'sprs\0\0\0']),
  strong(
    'an EnCase image',
    'Convert it with: ewfexport',
    [0, 'EVF\x09\x0d\x0a\xff\0'],
    [0, 'EVF2\x0d\x0a\x81\0'],
    [0, 'LVF\x09\x0d\x0a\xff\0'],
  ),
  strong('an AFF image', 'Convert it with: affconvert -r', [0, 'AFF10\r\n\0']),
  strong('an Android sparse image', 'Convert it with: simg2img FILE disk.raw', [0, '\x3a\xff\x26\xed']),
  strong('an Android boot image', 'Unpack it with: unpack_bootimg', [0, 'ANDROID!'], [0, 'VNDRBOOT']),
  strong('an Android update', 'Unpack it with: payload-dumper-go', [0, 'CrAU\0\0\0\0']),
  strong('a Nero disc image', 'Convert it with: nrg2iso', [-12, 'NER5'], [-8, 'NERO']),
  strong(
    'a compressed disc image',
    'Convert it to an ISO first.',
    [0, 'CISO'],
    [0, 'DAA\0\0\0'],
    [0, 'IsZ!'],
    [0, 'MComprHD'],
    [0, 'ECM\0'],
  ),
  strong('an Alcohol disc description', 'Use the .mdf file beside it.', [0, 'MEDIA DESCRIPTOR']),
  strong(
    'a saved virtual machine',
    'Use the disk of the machine, not its saved state.',
    [0, 'LibvirtQemudSave'],
    [0, 'LibvirtQemudPart'],
    [0, 'QEVM\0\0\0'],
  ),
  // Backups.
  strong('a Proxmox backup', 'Unpack it with: vma extract FILE FOLDER', [0, 'VMA\0\0\0\0\x01']),
  strong('a Partclone image', 'Restore it with: partclone.restore', [0, 'partclone-image']),
  strong('a Partimage image', 'Restore it with: partimage restore', [0, 'PaRtImAgE-VoLuMe']),
  strong('an ntfsclone image', 'Restore it with: ntfsclone --restore-image', [0, '\0ntfsclone-image']),
  strong('an FSArchiver archive', 'Restore it with: fsarchiver restfs', [0, 'FsArCh_'], [0, 'FsA0']),
  strong('an Acronis backup', 'Restore it to a disk first.', [0, '\xb4\x6e\x68\x44']),
  strong('a dar archive', 'Unpack it with: dar -x', [0, '\0\0\0\x7b']),
  strong('a dump of a file system', 'Restore it with: restore -rf FILE', [24, '\x6c\xea\0\0'], [24, '\x6b\xea\0\0']),
  weak('a Ghost image', 'Restore it to a disk first.', magic([0, '\xfe\xef\x01'])),
  // Compressions.
  strong('an LZ4 file', 'Decompress it first: lz4 -d FILE', [0, '\x04\x22\x4d\x18'], [0, '\x02\x21\x4c\x18']),
  strong('an lzip file', 'Decompress it first: lzip -dk FILE', [0, 'LZIP\x01'], [0, 'LZIP\0']),
  strong('an lzop file', 'Decompress it first: lzop -d FILE', [0, '\x89LZO\0\r\n\x1a\n']),
  strong('an lrzip file', 'Decompress it first: lrzip -d FILE', [0, 'LRZI\0']),
  strong('a Snappy file', 'Decompress it first: snzip -d FILE', [0, '\xff\x06\0\0sNaPpY']),
  strong('an LZFSE file', 'Decompress it first: lzfse -decode', [0, 'bvx2'], [0, 'bvxn'], [0, 'bvx1'], [0, 'bvx-']),
  strong('a zpaq archive', 'Unpack it first: zpaq x FILE', [0, '7kSt\xa0\x31\x83\xd3'], [0, 'zPQ\x01'], [0, 'zPQ\x02']),
  weak('a compressed file (.Z)', 'Decompress it first: uncompress FILE', isCompress),
  weak('a packed file (.z)', 'Decompress it first: gzip -d FILE', magic([0, '\x1f\x1e\0'])),
  weak('an LZMA file', 'Decompress it first: xz -dk --format=lzma FILE', isLzma),
  weak('zlib data', 'Decompress it first: pigz -dz <FILE >disk.raw', isZlib),
  // Archives.
  strong(
    'a zip archive',
    'Unpack it first: unzip FILE',
    [0, 'PK\x03\x04'],
    [0, 'PK\x05\x06'],
    [0, 'PK\x07\x08PK'],
    [0, 'PK00PK\x03\x04'],
  ),
  strong('a 7-Zip archive', 'Unpack it first: 7z x FILE', [0, '7z\xbc\xaf\x27\x1c']),
  strong('a RAR archive', 'Unpack it first: unrar x FILE', [0, 'Rar!\x1a\x07'], [0, 'RE~^']),
  strong('a cabinet archive', 'Unpack it first: cabextract FILE', [0, 'MSCF\0\0\0\0'], [0, 'ISc(']),
  strong('an ar archive', 'Unpack it first: ar x FILE', [0, '!<arch>\n'], [0, '!<thin>\n']),
  strong('a xar archive', 'Unpack it first: xar -xf FILE', [0, 'xar!\0\x1c']),
  strong('a Windows image (WIM)', 'Apply it to a disk with: wimapply', [0, 'MSWIM\0\0\0'], [0, 'WLPWM\0\0\0']),
  strong('an ACE archive', 'Unpack it first: unace x FILE', [7, '**ACE**']),
  strong('a StuffIt archive', 'Unpack it first: unar FILE', [0, 'StuffIt (c)'], [0, 'SIT!\0']),
  strong('a zoo archive', 'Unpack it first: zoo x FILE', [20, '\xdc\xa7\xc4\xfd']),
  strong('an ALZip archive', 'Unpack it first: unar FILE', [0, 'ALZ\x01'], [0, 'EGGA\0']),
  weak('an LHA archive', 'Unpack it first: lha x FILE', ({ head }) => /^-l[hz][\dsd]-/.test(head.toString('latin1', 2, 7))),
  weak(
    'an ARJ archive',
    'Unpack it first: arj x FILE',
    ({ head }) => hasText(head, 0, '\x60\xea') && (head[10] ?? 255) < 12 && (head[3] ?? 255) < 11,
  ),
  // Packages and installers.
  strong('an RPM package', installer, [0, '\xed\xab\xee\xdb']),
  strong('an installer', installer, [0, '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1']),
  strong('a firmware image', installer, [0, '\x27\x05\x19\x56'], [0, '\xd0\x0d\xfe\xed'], [0, 'UF2\n\x57\x51\x5d\x9e']),
  // What is kept encrypted.
  strong('a file encrypted with OpenSSL', 'Decrypt it first: openssl enc -d', [0, 'Salted__']),
  strong('a file encrypted with age', 'Decrypt it first: age -d', [0, 'age-encryption.org/v1\n']),
  // Documents and data.
  strong('a PDF document', document, [0, '%PDF-']),
  strong(
    'a picture',
    document,
    [0, '\x89PNG\r\n\x1a\n'],
    [0, '\xff\xd8\xff\xe0'],
    [0, '\xff\xd8\xff\xe1'],
    [0, 'GIF87a'],
    [0, 'GIF89a'],
  ),
  strong('an SQLite database', document, [0, 'SQLite format 3\0']),
  strong('Git data', document, [0, 'PACK\0\0\0\x02'], [0, 'PACK\0\0\0\x03'], [0, '# v2 git bundle\n'], [0, '# v3 git bundle\n']),
  strong(
    'a macOS resource file (._)',
    'Use the file of the same name without the leading "._".',
    [0, '\0\x05\x16\x07\0\x02\0\0'],
    [0, '\0\x05\x16\0\0\x02\0\0'],
  ),
  strong('a Java class', document, [0, '\xca\xfe\xba\xbe\0\0\0']),
];

/** `compress`: the third byte holds 9 to 16 bits, and two that are never set. */
function isCompress({ head }: Edges): boolean {
  const third = head[2] ?? 0;
  return hasText(head, 0, '\x1f\x9d') && (third & 0x60) === 0 && (third & 0x1f) >= 9 && (third & 0x1f) <= 16;
}

const largestLzmaBytes = 2 ** 38;

/** The old form of xz has no magic number; what xz itself goes by: properties, dictionary, length, and the first byte of the data. */
function isLzma({ head }: Edges): boolean {
  if (head.length < 18 || (head[0] ?? 255) >= 225 || head[13] !== 0) return false;
  const dictionary = head.readUInt32LE(1);
  const power = 2 ** (31 - Math.clz32(dictionary));
  if (dictionary < 4096 || (dictionary !== 0xffffffff && dictionary !== power && dictionary !== power * 1.5)) return false;
  return hasText(head, 5, '\xff'.repeat(8)) || u64le(head, 5) < largestLzmaBytes;
}

const provedBytes = 4096;

/** Two bytes are no proof: the data behind them has to decompress. */
function isZlib({ head }: Edges): boolean {
  if (head.length < 16 || ((head[0] ?? 0) & 0x0f) !== 8 || (head[0] ?? 0) >> 4 > 7 || head.readUInt16BE(0) % 31 !== 0)
    return false;
  try {
    return inflateSync(head.subarray(0, provedBytes), { finishFlush: constants.Z_SYNC_FLUSH }).length >= provedBytes / 8;
  } catch {
    // Whatever is wrong with it, it is no zlib data.
    return false;
  }
}

import { ImgctlError, integrityError } from '../../core/errors.ts';
import type { Finding } from './inspection.ts';

/** Cures that several findings share. `FILE` stands for the name of the file. */
const fetch = 'Download it again, and compare its checksum (--checksum).';
const flatten = 'Flatten it with: qemu-img convert -O qcow2 FILE flat.qcow2';
const oneFile = 'Put the set into one file with: qemu-img convert -O qcow2 FILE whole.qcow2';
const decrypt = 'Decrypt it where its key is, with: qemu-img convert --object secret,… -O qcow2';
const replay = 'Replay its log with: qemu-img check -r all FILE';
const repair = 'Download it again, or repair it with: qemu-img check -r all FILE';
const rewrite = 'Rewrite it with: qemu-img convert -O qcow2 FILE new.qcow2';
const exported = 'Export it as raw or qcow2 with the program that made it.';
const takeOut = 'Take the image out with: qemu-img convert -O raw FILE inner.img, and inspect that.';
const wipe = 'Find out which it is, and rewrite it with: qemu-img convert -f FORMAT -O qcow2 FILE new.qcow2';
const bootable = 'Check that this is the right file: a disk image to boot from has a partition table or a boot sector.';
const unpack = 'Unpack it to a single layer first.';
const unpackTar = 'Unpack it with: tar -xf FILE, and use the disk in it.';

/** What a finding means, and what is to be done about it. */
export interface FindingMeaning {
  readonly means: string;
  /** An imperative, the first hint of a refusal; absent: nothing needs to be done. */
  readonly cure?: string;
  /**
   * Where `--allow-unsafe` leads to something: `asIs` only where the bytes are passed on unread, since the disk is not all in them;
   * `never` where they are known to be no disk. Absent: wherever reading can go on.
   */
  readonly override?: 'asIs' | 'never';
}

/** Every code that a finding may have. The codes are stable: `--allow-unsafe` names them. */
export const findingCodes = {
  backing_file: { means: 'the image has a backing file or parent', cure: flatten, override: 'asIs' },
  bat: { means: 'the block table does not fit the disk or the file', cure: repair },
  banned_format: { means: 'an unsupported format', cure: exported, override: 'never' },
  block_size: { means: 'a block size that the format does not have', cure: fetch },
  checksum: { means: 'a checksum in the file does not fit', cure: fetch },
  cluster_bits: { means: 'a cluster size that the format does not have', cure: fetch },
  compression_type: { means: 'a compression that the format does not have', cure: rewrite },
  corrupt: { means: 'the image is marked as corrupt', cure: repair },
  data_offset: { means: 'data is at an invalid offset', cure: repair },
  decompress: { means: 'compressed data is broken, or gives too much or too little', cure: fetch },
  descriptor: { means: 'the description of the disk is invalid', cure: rewrite },
  dirty: { means: 'the image was not closed properly', cure: repair },
  empty: { means: 'there is nothing in the file', cure: fetch },
  encrypted: { means: 'the data is encrypted', cure: decrypt, override: 'asIs' },
  external_data_file: { means: 'the data is in another file', cure: flatten, override: 'asIs' },
  external_extent: { means: 'the data is in other files', cure: oneFile, override: 'asIs' },
  footer: { means: 'header and footer contradict each other', cure: fetch },
  footer_missing: { means: 'the footer is missing; its copy at the beginning was taken', cure: rewrite },
  gd_offset: { means: 'the grain directory is at an invalid offset', cure: fetch },
  geometry: { means: 'the disk geometry gives another size than the header' },
  grain_size: { means: 'a grain size that the format does not have', cure: fetch },
  gt_offset: { means: 'a grain table is at an invalid offset', cure: fetch },
  gt_size: { means: 'a grain table size that the format does not have', cure: fetch },
  header: { means: 'the header is invalid', cure: fetch },
  header_extension: { means: 'the header extensions are invalid', cure: fetch },
  header_length: { means: 'a header length that the format does not have', cure: fetch },
  initramfs: { means: 'the file looks like an initramfs', cure: bootable },
  l1_offset: { means: 'the first-level table is at an invalid offset', cure: repair },
  l1_size: { means: 'the first-level table has an invalid size', cure: repair },
  l2_entry: { means: 'a second-level entry that the format does not have', cure: repair },
  l2_offset: { means: 'a second-level table is at an invalid offset', cure: repair },
  log: { means: 'changes wait in the log', cure: replay },
  metadata: { means: 'the metadata of the disk is invalid', cure: fetch },
  multiple_formats: { means: 'the file is valid in more than one format', cure: wipe },
  name: { means: 'the content contradicts the name of the file', cure: 'Download it again, or correct its name.' },
  nested_image: { means: 'the disk in the image is an image itself', cure: takeOut },
  nested_wrapper: {
    means: 'a compressed file inside a compressed file, or an archive inside an archive',
    cure: unpack,
    override: 'asIs',
  },
  no_volume: { means: 'no partition table, file system or boot sector was found', cure: bootable },
  odd_length: { means: 'the length is not a multiple of 512-byte sectors', cure: fetch },
  overlap: { means: 'tables and data overlap', cure: repair },
  partition_flag: { means: 'a partition table entry that no system writes' },
  program: { means: 'the file looks like a program or kernel', cure: bootable },
  refcount_order: { means: 'a reference count width that the format does not have', cure: rewrite },
  refcount_table: { means: 'the reference count table is at an invalid offset', cure: repair },
  region: { means: 'the region table is invalid', cure: fetch },
  sector_size: { means: 'the disk is made for sectors of another size than 512 bytes' },
  snapshots: { means: 'the snapshot table is at an invalid offset', cure: repair },
  tar_header: { means: 'an archive header is broken', cure: fetch },
  tar_link: { means: 'the archive holds a link', cure: unpackTar },
  tar_members: { means: 'the archive does not hold exactly one disk', cure: unpackTar, override: 'asIs' },
  tar_name: { means: 'the archive holds a name that leads out of it', cure: unpackTar },
  text: { means: 'the file is text, not a disk', cure: 'Specify the disk image.' },
  trailing_junk: { means: 'trailing data after the end of the compressed data', cure: fetch },
  truncated: { means: 'the file is truncated', cure: fetch },
  unknown_feature: { means: 'the image uses a feature that is not known', cure: rewrite },
  version: { means: 'an unsupported version of the format', cure: rewrite },
  virtual_size: { means: 'the size of the disk is inconsistent', cure: fetch },
} as const satisfies Readonly<Record<string, FindingMeaning>>;
export type FindingCode = keyof typeof findingCodes;

/** Where a reader leaves what it finds while it can still go on. What it cannot go on after, it throws as a `refusal`. */
export interface Report {
  reject(code: FindingCode, message: string, cure?: string): void;
  warn(code: FindingCode, message: string): void;
}

/** What a code means. */
export const meaningOf = (code: FindingCode): FindingMeaning => findingCodes[code];

/** Whether there is such a code. */
export const isFindingCode = (code: string): code is FindingCode => code in findingCodes;

/** The cure for a finding in a file of that name, absent where none is known. A name that would have to be quoted stays `FILE`. */
export function cureFor({ code, cure }: Pick<Finding, 'code' | 'cure'>, name: string): string | undefined {
  const known = cure ?? (isFindingCode(code) ? meaningOf(code).cure : undefined);
  return known?.replaceAll('FILE', /^[\w./+-]+$/.test(name) ? name : 'FILE');
}

/** The INTEGRITY error of a reader that cannot go on. `findingOf` gives back its code. */
export function findingError(code: FindingCode, message: string, cure?: string): ImgctlError {
  const finding: Finding = { level: 'reject', code, message, ...(cure === undefined ? {} : { cure }), ends: 'disk' };
  const hint = cureFor(finding, 'FILE');
  return integrityError(`${message} [${code}]`, { cause: finding, ...(hint === undefined ? {} : { hint }) });
}

/** What made a reader give up; absent where the error is something else (a read that failed, a bug). */
export function findingOf(error: unknown): Finding | undefined {
  if (!(error instanceof ImgctlError)) return undefined;
  const cause = error.circumstances.cause;
  return isFinding(cause) ? cause : undefined;
}

function isFinding(value: unknown): value is Finding {
  return typeof value === 'object' && value !== null && 'level' in value && 'code' in value && 'message' in value;
}

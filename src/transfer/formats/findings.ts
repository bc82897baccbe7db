import { ImgctlError, integrityError } from '../../core/errors.ts';
import type { Finding } from './inspection.ts';

/** Every code that a finding may have, and what it stands for. The codes are stable: `--allow-unsafe` names them. */
export const findingCodes = {
  backing_file: 'the image needs another file for what it does not hold itself',
  bat: 'the block table does not fit the disk or the file',
  banned_format: 'a format that is not taken',
  block_size: 'a block size that the format does not have',
  checksum: 'a checksum in the file does not fit',
  cluster_bits: 'a cluster size that the format does not have',
  compression_type: 'a compression that the format does not have',
  corrupt: 'the image is marked as corrupt',
  data_offset: 'data lies where it cannot be',
  decompress: 'compressed data is broken, or gives too much or too little',
  descriptor: 'the description of the disk is not what it must be',
  dirty: 'the image was not closed properly',
  empty: 'there is nothing in the file',
  encrypted: 'the data is encrypted',
  external_data_file: 'the data lies in another file',
  external_extent: 'the data lies in other files',
  footer: 'header and footer contradict each other',
  footer_missing: 'the footer is missing; its copy at the beginning was taken',
  gd_offset: 'the grain directory lies where it cannot be',
  geometry: 'the disk geometry gives another size than the header',
  grain_size: 'a grain size that the format does not have',
  gt_offset: 'a grain table lies where it cannot be',
  gt_size: 'a grain table size that the format does not have',
  header: 'the header is not what it must be',
  header_extension: 'the header extensions are not what they must be',
  header_length: 'a header length that the format does not have',
  l1_offset: 'the first-level table lies where it cannot be',
  l1_size: 'the first-level table has a size that it cannot have',
  l2_entry: 'a second-level entry that the format does not have',
  l2_offset: 'a second-level table lies where it cannot be',
  log: 'changes wait in the log',
  metadata: 'the metadata of the disk is not what it must be',
  multiple_formats: 'the file is valid in more than one format',
  nested_wrapper: 'a compressed file inside a compressed file, or an archive inside an archive',
  overlap: 'tables and data lie on each other',
  partition_flag: 'a partition table entry that no system writes',
  refcount_order: 'a reference count width that the format does not have',
  refcount_table: 'the reference count table lies where it cannot be',
  region: 'the region table is not what it must be',
  snapshots: 'the snapshot table lies where it cannot be',
  tar_header: 'an archive header is broken',
  tar_link: 'the archive holds a link',
  tar_members: 'the archive does not hold exactly one disk',
  tar_name: 'the archive holds a name that leads out of it',
  trailing_junk: 'something follows behind the end of the compressed data',
  truncated: 'the file ends too early',
  unknown_feature: 'the image uses a feature that is not known',
  version: 'a version of the format that is not taken',
  virtual_size: 'the size of the disk does not add up',
} as const;
export type FindingCode = keyof typeof findingCodes;

/** Where a reader leaves what it finds while it can still go on. What it cannot go on after, it throws as a `refusal`. */
export interface Report {
  reject(code: FindingCode, message: string): void;
  warn(code: FindingCode, message: string): void;
}

/** The INTEGRITY error of a reader that cannot go on. `findingOf` gives back its code. */
export function refusal(code: FindingCode, message: string): ImgctlError {
  const finding: Finding = { level: 'reject', code, message };
  return integrityError(`the image cannot be trusted: ${message} (${code})`, {
    cause: finding,
    hint: 'get the file again from its source, or have it repaired by the program that made it',
  });
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

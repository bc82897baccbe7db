import { gzipSync } from 'node:zlib';
import * as images from '../../support/disk-images.ts';

/** One disk, and a well-formed image of it in every format. */
export const disk = images.guestDisk(300 * 1024, 4);
export const made = {
  qcow2: images.qcow2Image(disk),
  qcow2v2: images.qcow2Image(disk, { version: 2 }),
  qcow2zlib: images.qcow2Image(disk, { compression: 'zlib' }),
  qcow2extended: images.qcow2Image(disk, { extended: true }),
  vmdk: images.vmdkSparseImage(disk),
  stream: images.vmdkStreamImage(disk),
  vhdFixed: images.vhdFixedImage(disk),
  vhd: images.vhdDynamicImage(disk),
  vhdx: images.vhdxImage(disk),
  vdi: images.vdiImage(disk),
  raw: disk,
  tar: images.tarImage(disk),
  gzip: gzipSync(disk),
};

/** Changes an image in place, or gives another one. */
export type Change = (image: Buffer) => Buffer | void;
/** Writes one field. */
export const at = {
  u8:
    (offset: number, value: number): Change =>
    (image) =>
      void image.writeUInt8(value, offset < 0 ? image.length + offset : offset),
  be32:
    (offset: number, value: number): Change =>
    (image) =>
      void image.writeUInt32BE(value, offset),
  be64:
    (offset: number, value: bigint): Change =>
    (image) =>
      void image.writeBigUInt64BE(value, offset),
  le32:
    (offset: number, value: number): Change =>
    (image) =>
      void image.writeUInt32LE(value, offset),
  le64:
    (offset: number, value: bigint): Change =>
    (image) =>
      void image.writeBigUInt64LE(value, offset),
  text:
    (offset: number, text: string): Change =>
    (image) =>
      void image.write(text, offset, 'latin1'),
};
export const all =
  (...changes: readonly Change[]): Change =>
  (image) => {
    for (const change of changes) change(image);
  };

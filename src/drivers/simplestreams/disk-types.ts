import type { Encoding } from '../../core/encoding.ts';

/** Kinds of items that hold a disk, the usual one first. What `.img` is shows in its bytes only. */
const encodings: ReadonlyMap<string, Encoding | undefined> = new Map<string, Encoding | undefined>([
  ['disk1.img', undefined],
  ['disk.img', undefined],
  ['uefi1.img', undefined],
  ['disk-kvm.img', undefined],
  ['img.xz', { format: 'raw', compression: 'xz' }],
  ['vmdk', { format: 'vmdk' }],
  ['ova', { format: 'ova' }],
]);

export const usualDisks: readonly string[] = [...encodings.keys()];
export const isDisk = (ftype: string): boolean => encodings.has(ftype);
/** Absent: its bytes tell. */
export const encodingOf = (ftype: string): Encoding | undefined => encodings.get(ftype);

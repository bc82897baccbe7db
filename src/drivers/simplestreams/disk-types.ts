import type { Compression, Encoding, Format } from '../../core/encoding.ts';

/** Kinds of items that hold a disk and are usually meant, the first of all first. What `.img` is shows in its bytes only. */
const encodings: ReadonlyMap<string, Encoding | undefined> = new Map<string, Encoding | undefined>([
  ['disk1.img', undefined],
  ['disk.img', undefined],
  ['uefi1.img', undefined],
  ['disk-kvm.img', undefined],
  ['img.xz', { format: 'raw', compression: 'xz' }],
  ['vmdk', { format: 'vmdk' }],
  ['ova', { format: 'ova' }],
]);

/** Others say by their ending that they are disks: those of images in archives are not meant. */
const endings = /(?:^|[.-])(img|qcow2|raw|vmdk|vhd|vhdx)(?:\.(xz|gz|bz2|zst))?$/;
const compressions: Readonly<Record<string, Compression>> = { xz: 'xz', gz: 'gzip', bz2: 'bzip2', zst: 'zstd' };

export const usualDisks: readonly string[] = [...encodings.keys()];
export const isDisk = (ftype: string): boolean => encodings.has(ftype) || endings.test(ftype);

/** Absent: its bytes tell. */
export function encodingOf(ftype: string): Encoding | undefined {
  if (encodings.has(ftype)) return encodings.get(ftype);
  const [, format = 'img', packed = ''] = endings.exec(ftype) ?? [];
  const compression = compressions[packed];
  if (format === 'img') return undefined;
  return { format: format as Format, ...(compression ? { compression } : {}) };
}

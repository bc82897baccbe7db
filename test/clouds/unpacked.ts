import type { Bed } from './bed.ts';

/** The raw disk in what a cloud keeps as a disk image of another format. */
export async function unpacked(bed: Bed, name: string, data: Buffer): Promise<Buffer | undefined> {
  const raw = `${name}.unpacked`;
  await bed.run('convert', bed.file(name, data), bed.file(raw, Buffer.alloc(0)), '--disk-format', 'raw', '--force');
  return bed.read(raw);
}

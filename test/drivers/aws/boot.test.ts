import { describe, expect, it } from 'vitest';
import { BootScan } from '../../../src/drivers/aws/boot.ts';

const block = 512 * 1024;
const types = {
  esp: '28732ac11ff8d211ba4b00a0c93ec93b',
  bios: '4861682149646f6e744e656564454649',
  linux: 'af3dc60f838472478e793d69d8477de4',
};

/** A disk of two blocks; an ESP lies in the second one. */
interface Disk {
  readonly table: 'gpt' | 'mbr' | 'none';
  readonly has?: readonly (keyof typeof types)[];
  readonly loader?: 'BOOTX64 EFI' | 'BOOTAA64EFI';
  readonly hasCode?: true;
}

function disk({ table, has = [], loader, hasCode }: Disk): Buffer {
  const bytes = Buffer.alloc(2 * block);
  if (hasCode) bytes.fill(0xeb, 0, 100);
  if (table !== 'none') bytes.writeUInt16LE(0xaa55, 510);
  if (table === 'mbr')
    for (const [index, kind] of has.entries()) {
      const at = 446 + index * 16;
      bytes[at] = kind === 'linux' ? 0x80 : 0;
      bytes[at + 4] = kind === 'esp' ? 0xef : 0x83;
      bytes.writeUInt32LE(kind === 'esp' ? block / 512 : 64, at + 8);
      bytes.writeUInt32LE(64, at + 12);
    }
  if (table === 'gpt') {
    bytes.write('EFI PART', 512);
    bytes.writeBigUInt64LE(2n, 512 + 72);
    bytes.writeUInt32LE(128, 512 + 80);
    bytes.writeUInt32LE(128, 512 + 84);
    for (const [index, kind] of has.entries()) {
      const at = 1024 + index * 128;
      Buffer.from(types[kind], 'hex').copy(bytes, at);
      const first = kind === 'esp' ? block / 512 : 64;
      bytes.writeBigUInt64LE(BigInt(first), at + 32);
      bytes.writeBigUInt64LE(BigInt(first + 63), at + 40);
    }
  }
  if (loader) bytes.write(loader, block + 4096);
  return bytes;
}

const factsOf = (bytes: Buffer): unknown => {
  const scan = new BootScan();
  for (let at = 0; at < bytes.length; at += block) scan.see(at, bytes.subarray(at, at + block));
  return scan.facts;
};

describe('how a disk starts', () => {
  it.each([
    ['an ESP with a loader', { table: 'gpt', has: ['esp'], loader: 'BOOTX64 EFI' }, { mode: 'uefi', architecture: 'x86_64' }],
    ['an ESP for arm64', { table: 'gpt', has: ['esp'], loader: 'BOOTAA64EFI' }, { mode: 'uefi', architecture: 'arm64' }],
    [
      'both',
      { table: 'gpt', has: ['bios', 'esp'], loader: 'BOOTX64 EFI', hasCode: true },
      { mode: 'uefi-preferred', architecture: 'x86_64' },
    ],
    ['a BIOS alone', { table: 'gpt', has: ['bios', 'linux'], hasCode: true }, { mode: 'legacy-bios' }],
    ['an active partition', { table: 'mbr', has: ['linux'], hasCode: true }, { mode: 'legacy-bios' }],
    ['an ESP in an old table', { table: 'mbr', has: ['esp'], loader: 'BOOTX64 EFI' }, { mode: 'uefi', architecture: 'x86_64' }],
    ['an ESP without a loader', { table: 'gpt', has: ['esp'] }, {}],
    ['a loader outside of an ESP', { table: 'gpt', has: ['linux'], loader: 'BOOTX64 EFI' }, {}],
    ['nothing', { table: 'none' }, {}],
  ] as const)('is told by its table and what lies in it: %s', (_what, made, facts) => {
    expect(factsOf(disk(made))).toEqual(facts);
  });

  it('is not told by a table that is damaged', () => {
    const bytes = disk({ table: 'gpt', has: ['esp'], loader: 'BOOTX64 EFI' });
    bytes.writeUInt32LE(0xffffffff, 512 + 80);
    bytes.writeUInt32LE(0, 512 + 84);
    expect(factsOf(bytes)).toEqual({});
  });
});

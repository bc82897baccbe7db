/** How a disk starts, as far as it tells itself. */
export interface BootFacts {
  readonly mode?: 'uefi' | 'uefi-preferred' | 'legacy-bios';
  readonly architecture?: 'x86_64' | 'arm64';
}

interface Partition {
  readonly isEfi: boolean;
  readonly isBiosBoot: boolean;
  readonly from: number;
  readonly end: number;
}

interface Table {
  readonly partitions: readonly Partition[];
  /** There is a partition that is marked to be started from. */
  readonly isActive: boolean;
}

const sector = 512;
/** Types of partitions as they stand in the table (UEFI specification 5.3.3: the first three parts are turned round). */
const efiSystem = '28732ac11ff8d211ba4b00a0c93ec93b';
const biosBoot = '4861682149646f6e744e656564454649';
/** How a FAT writes the names of what firmware starts: eleven characters, without the dot. */
const loaders = [
  ['x86_64', Buffer.from('BOOTX64 EFI')],
  ['arm64', Buffer.from('BOOTAA64EFI')],
] as const;

const hasCode = (head: Buffer): boolean => head.subarray(0, 440).some((byte) => byte !== 0);

function gptOf(head: Buffer): Table | undefined {
  if (head.length < sector * 34 || head.toString('latin1', sector, sector + 8) !== 'EFI PART') return undefined;
  const [count, size] = [head.readUInt32LE(sector + 80), head.readUInt32LE(sector + 84)];
  const start = Number(head.readBigUInt64LE(sector + 72)) * sector;
  const partitions: Partition[] = [];
  for (let at = start; size >= 128 && at < start + Math.min(count, 1024) * size && at + size <= head.length; at += size) {
    const type = head.toString('hex', at, at + 16);
    if (/^0+$/.test(type)) continue;
    partitions.push({
      isEfi: type === efiSystem,
      isBiosBoot: type === biosBoot,
      from: Number(head.readBigUInt64LE(at + 32)) * sector,
      end: (Number(head.readBigUInt64LE(at + 40)) + 1) * sector,
    });
  }
  return { partitions, isActive: false };
}

function mbrOf(head: Buffer): Table | undefined {
  if (head.length < sector || head.readUInt16LE(510) !== 0xaa55) return undefined;
  const entries = [446, 462, 478, 494].filter((at) => head[at + 4] !== 0);
  if (entries.some((at) => ![0, 0x80].includes(head[at] ?? 1))) return undefined;
  return {
    partitions: entries.map((at) => {
      const from = head.readUInt32LE(at + 8) * sector;
      return { isEfi: head[at + 4] === 0xef, isBiosBoot: false, from, end: from + head.readUInt32LE(at + 12) * sector };
    }),
    isActive: entries.some((at) => head[at] === 0x80 && head[at + 4] !== 0xef),
  };
}

/** Looks at the blocks of a disk as they go by: the table of partitions in the first, and the names of loaders where firmware looks. */
export class BootScan {
  #table: Table | undefined;
  #hasCode = false;
  #architecture: BootFacts['architecture'];

  /** Has to see the first block first. */
  see(offset: number, bytes: Uint8Array): void {
    const block = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (offset === 0) {
      this.#table = gptOf(block) ?? mbrOf(block);
      this.#hasCode = hasCode(block);
    }
    const end = offset + block.length;
    const isInside = this.#table?.partitions.some((one) => one.isEfi && one.from < end && one.end > offset);
    if (!isInside || this.#architecture !== undefined) return;
    this.#architecture = loaders.find(([, name]) => block.includes(name))?.[0];
  }

  /** What is sure of it: an ESP with a loader, code for a BIOS that has something to start, or both. */
  get facts(): BootFacts {
    const { partitions = [], isActive = false } = this.#table ?? {};
    const isUefi = partitions.some(({ isEfi }) => isEfi) && this.#architecture !== undefined;
    const isBios = this.#hasCode && (isActive || partitions.some(({ isBiosBoot }) => isBiosBoot));
    const mode = isUefi ? (isBios ? 'uefi-preferred' : 'uefi') : isBios ? 'legacy-bios' : undefined;
    return {
      ...(mode === undefined ? {} : { mode: this.#architecture === 'arm64' ? 'uefi' : mode }),
      ...(isUefi && this.#architecture !== undefined ? { architecture: this.#architecture } : {}),
    };
  }
}

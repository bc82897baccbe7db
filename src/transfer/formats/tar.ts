import type { Report } from './findings.ts';
import type { FormatReader } from './format-reader.ts';
import { parseOvf, type Ovf } from './ovf.ts';
import type { RandomSource } from '../extents.ts';
import { bufferOf, hasText, readFully } from './byte-reader.ts';
import { isTarHeader, recordBytes, tarName } from './tar-header.ts';
import { tarMembers, type TarMember } from './tar-members.ts';
import { checkTarChecksums, isChecksumMember } from './tar-checksums.ts';
import { textFileOf } from './text-files.ts';

const description = /\.ovf$/i;
/** So much of what may be text is looked at. */
const seenBytes = 70 << 10;
const mostDescriptionBytes = 16 << 20;

/** What is beside a disk in archives, and is none: descriptions, keys, settings of firmware, what macOS adds. */
const companions =
  /(^|\/)(\._[^/]*|\.DS_Store|Vagrantfile|vagrantfile|(README|LICENSE|COPYING|CHANGELOG)[^/]*)$|(^|\/)__MACOSX\/|\.(ovf|mf|cert|nvram|vmx|vmxf|vmsd|json|ya?ml|xml|txt|md|asc|sig|gpg|minisig|log|cfg|conf|ini|tpl|pub|pem|sh|ps1|bat|html?)$/i;

/** Name of the first member, behind the headers that say more about it. */
function firstName(head: Buffer): string | undefined {
  for (let at = 0; isTarHeader(head.subarray(at, at + recordBytes));) {
    const header = head.subarray(at, at + recordBytes);
    if (!['x', 'g', 'L', 'K', 'X'].includes(String.fromCharCode(header[156] ?? 0))) return tarName(header);
    const bytes = parseInt(header.toString('latin1', 124, 136), 8) || 0;
    at += recordBytes + Math.ceil(bytes / recordBytes) * recordBytes;
  }
  return undefined;
}

const isTar = (head: Buffer): boolean => hasText(head, 257, 'ustar') || isTarHeader(head.subarray(0, recordBytes));
const isOva = (head: Buffer): boolean => isTar(head) && description.test(firstName(head) ?? '');

/** An archive is as good as the one disk in it. */
function archiveReader(name: 'tar' | 'ova', sniff: (head: Buffer) => boolean): FormatReader {
  return {
    name,
    sniff: ({ head }) => sniff(head),
    async open(source, _edges, report) {
      const members = await tarMembers(source, report);
      const isWhole = Number.isFinite(source.size);
      const disk = await diskAmong(members, isWhole, report);
      if (isWhole) await checkTarChecksums(members, report);
      return disk ? { source: disk.source, virtualBytes: disk.bytes } : {};
    },
  };
}

/** An archive with a disk, and what describes it: the form that some clouds take, boxes of Vagrant, images of container managers. */
export const tar = archiveReader('tar', (head) => isTar(head) && !isOva(head));
/** A virtual appliance: a description first, then disks. */
export const ova = archiveReader('ova', isOva);

/** The one disk. Reports `tar_members` where there is none, or more than one: `isWhole`, where all members are known. */
async function diskAmong(members: readonly TarMember[], isWhole: boolean, report: Report): Promise<TarMember | undefined> {
  const ovf = await descriptionIn(members);
  if (ovf && !checkPacking(ovf, report)) return undefined;
  const disks = await disksAmong(members, ovf);
  const [disk] = disks;
  if (disk && disks.length === 1) return disk;
  if (disk) {
    const names = disks.map(({ name }) => JSON.stringify(name)).join(', ');
    report.reject(
      'tar_members',
      `the archive holds ${disks.length} disks: ${names}`,
      'Unpack it with: tar -xf FILE, and use one of the disks (none can be selected here).',
    );
  } else if (isWhole) report.reject('tar_members', 'the archive holds no disk');
  return undefined;
}

/** Members that the description calls disks, and those that are in no list of it and might be disks. */
async function disksAmong(members: readonly TarMember[], ovf: Ovf | undefined): Promise<TarMember[]> {
  if (members.length === 1) return [...members];
  const disks: TarMember[] = [];
  for (const member of members) {
    const name = member.name.replace(/^(\.\/)+/, '');
    const isNamed = (file: { readonly href: string }) => file.href === name || name.endsWith(`/${file.href}`);
    if (ovf?.disks.some(isNamed)) disks.push(member);
    else if (!ovf?.files.some(isNamed) && (await mightBeDisk(member))) disks.push(member);
  }
  return disks;
}

async function mightBeDisk({ name, bytes, source }: TarMember): Promise<boolean> {
  if (bytes === 0 || companions.test(name) || isChecksumMember(name)) return false;
  const head = bufferOf(await source.read(0, Math.min(bytes, seenBytes)));
  return textFileOf({ head, tail: Buffer.alloc(0), size: bytes }) === undefined;
}

/**
 * The disk of an appliance whose description says that it is compressed with gzip, all of whose members are as its sums say. Absent
 * where there is none such: then what `inspect` finds counts.
 */
export async function packedDisk(source: RandomSource): Promise<TarMember | undefined> {
  let isRefused = false;
  const report: Report = { reject: () => (isRefused = true), warn: () => undefined };
  const members = await tarMembers(source, report);
  const ovf = await descriptionIn(members);
  const [packed, ...others] = ovf?.disks ?? [];
  if (!packed || others.length > 0 || packed.compression?.toLowerCase() !== 'gzip' || packed.chunkBytes !== undefined)
    return undefined;
  const [disk, ...further] = await disksAmong(members, ovf);
  await checkTarChecksums(members, report);
  return isRefused || further.length > 0 ? undefined : disk;
}

async function descriptionIn(members: readonly TarMember[]): Promise<Ovf | undefined> {
  const described = members.find(({ name, bytes }) => description.test(name) && bytes <= mostDescriptionBytes);
  return described && parseOvf((await readFully(described.source, 0, described.bytes, 'the description')).toString('utf8'));
}

/** What DSP0243 allows and is not read: disks that are compressed, or split into pieces, each with what to do. */
function checkPacking({ disks }: Ovf, report: Report): boolean {
  for (const { href, compression, chunkBytes } of disks) {
    if (chunkBytes !== undefined)
      report.reject(
        'tar_members',
        `the disk ${JSON.stringify(href)} is split into several members`,
        'Unpack it with: tar -xf FILE, and join the pieces with: cat',
      );
    else if (compression !== undefined)
      report.reject(
        'nested_wrapper',
        `the disk ${JSON.stringify(href)} is compressed inside the archive (${compression})`,
        'Unpack it with: tar -xf FILE, and use the compressed disk in it.',
      );
    else continue;
    return false;
  }
  return true;
}

import type { FormatReader } from './format-reader.ts';
import { hasText, sectionOf } from './reading.ts';
import { tarMembers, type TarMember } from './tar-members.ts';

/** Members of an OVA that describe the disk. */
const describing = /\.(ovf|mf|cert)$/i;

const isTar = (head: Buffer): boolean => hasText(head, 257, 'ustar');
const isOva = (head: Buffer): boolean => isTar(head) && /^[^\0]*\.ovf\0/i.test(head.toString('latin1', 0, 100));

/** An archive is as good as the disk in it: `disks` are the members that could be one. */
function archiveReader(
  name: 'tar' | 'ova',
  sniff: (head: Buffer) => boolean,
  disks: (member: TarMember) => boolean,
): FormatReader {
  return {
    name,
    sniff: ({ head }) => sniff(head),
    async open(source, _edges, report) {
      const members = await tarMembers(source, report);
      const found = members.filter(disks);
      const disk = found[0];
      if (disk === undefined || found.length > 1) {
        report.reject(
          'tar_members',
          `the archive holds ${found.length} disks instead of one: ${found.map((each) => JSON.stringify(each.name)).join(', ')}`,
        );
        return {};
      }
      const known = Number.isFinite(source.size) ? disk.bytes : Infinity;
      return { source: sectionOf(source, disk.offset, known), virtualBytes: disk.bytes };
    },
  };
}

/** An archive of one file, which is a disk: the form that some clouds want. */
export const tar = archiveReader(
  'tar',
  (head) => isTar(head) && !isOva(head),
  () => true,
);
/** A virtual appliance: a description first, then disks. */
export const ova = archiveReader('ova', isOva, (member) => !describing.test(member.name));

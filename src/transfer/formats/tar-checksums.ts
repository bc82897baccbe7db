import { createHash } from 'node:crypto';
import type { RandomSource } from '../extents.ts';
import type { Report } from './findings.ts';
import { readFully } from './byte-reader.ts';
import type { TarMember } from './tar-members.ts';

/** A digest that an archive carries of one of its members. */
interface Sum {
  readonly algorithm: string;
  readonly name: string;
  readonly hex: string;
  /** The member that says so. */
  readonly from: string;
}

const algorithms: Readonly<Record<string, string>> = { SHA1: 'sha1', SHA224: 'sha224', SHA256: 'sha256', SHA384: 'sha384', SHA512: 'sha512', MD5: 'md5' }; // prettier-ignore
const byLength: Readonly<Record<number, string>> = {
  32: 'md5',
  40: 'sha1',
  56: 'sha224',
  64: 'sha256',
  96: 'sha384',
  128: 'sha512',
};
const mostBytes = 1 << 20;
const pieceBytes = 4 << 20;

const isManifest = (name: string): boolean => /\.mf$/i.test(name);
/** Members that hold sums: the manifest of an appliance (DSP0243), and what the tools of coreutils write. */
export const isChecksumMember = (name: string): boolean =>
  isManifest(name) || /(^|\/)(sha\d*|md5|checksum)sums?(\.txt)?$|\.(sha\d+|md5)(sums?)?$/i.test(name);

/**
 * Compares every member with the sums that the archive has of it. Reports what differs (`checksum`), and what a manifest names and is not
 * there. Reads those members to their end, once for each algorithm however often they are named.
 */
export async function checkTarChecksums(members: readonly TarMember[], report: Report): Promise<void> {
  // Of two of one name the first counts.
  const named = new Map(members.toReversed().map((member) => [plainName(member.name), member] as const));
  const digests = new Map<string, string>();
  for (const holder of members.filter(({ name, bytes }) => isChecksumMember(name) && bytes <= mostBytes)) {
    const text = (await readFully(holder.source, 0, holder.bytes, 'the sums in the archive')).toString('utf8');
    const folder = plainName(holder.name.slice(0, holder.name.lastIndexOf('/') + 1));
    for (const sum of sumsIn(text, holder.name)) {
      const member = named.get(folder + sum.name) ?? named.get(sum.name);
      if (!member) {
        if (isManifest(holder.name))
          report.reject('checksum', `${sum.from} lists ${JSON.stringify(sum.name)}, which is not in the archive`);
        continue;
      }
      const key = `${sum.algorithm} ${plainName(member.name)}`;
      const found = digests.get(key) ?? (await digestOf(member.source, member.bytes, sum.algorithm));
      digests.set(key, found);
      if (found !== sum.hex)
        report.reject(
          'checksum',
          `${JSON.stringify(member.name)} has the ${sum.algorithm} ${found}, ${sum.from} says ${sum.hex}`,
        );
    }
  }
}

function sumsIn(text: string, from: string): Sum[] {
  return text.split(/\r?\n/).flatMap((line): Sum[] => {
    const [, kind = '', named] = /^\s*([A-Z]+-?\d*)\s*\((.+)\)\s*=/i.exec(line) ?? [];
    const [, hex = '', listed] =
      named === undefined
        ? (/^\\?([0-9a-f]{32,128}) [ *](.+)$/i.exec(line) ?? [])
        : [undefined, /=\s*([0-9a-f]+)\s*$/i.exec(line)?.[1]];
    const algorithm = named === undefined ? byLength[hex.length] : algorithms[kind.toUpperCase().replace('-', '')];
    const name = named ?? listed;
    return algorithm === undefined || name === undefined
      ? []
      : [{ algorithm, name: plainName(name), hex: hex.toLowerCase(), from }];
  });
}

const plainName = (name: string): string => name.replace(/^(\.\/)+/, '');

async function digestOf(source: RandomSource, bytes: number, algorithm: string): Promise<string> {
  const hash = createHash(algorithm);
  for (let at = 0; at < bytes; at += pieceBytes)
    hash.update(await readFully(source, at, Math.min(pieceBytes, bytes - at), 'a member of the archive'));
  return hash.digest('hex');
}

import { createHash } from 'node:crypto';
import type { RandomSource } from '../runs.ts';
import type { Report } from './findings.ts';
import { readFully } from './reading.ts';
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
export const holdsSums = (name: string): boolean =>
  isManifest(name) || /(^|\/)(sha\d*|md5|checksum)sums?(\.txt)?$|\.(sha\d+|md5)(sums?)?$/i.test(name);

/**
 * Compares every member with the sums that the archive has of it. Reports what differs (`checksum`), and what a manifest names and is not
 * there. Reads those members to their end.
 */
export async function checkSums(members: readonly TarMember[], report: Report): Promise<void> {
  for (const holder of members.filter(({ name, bytes }) => holdsSums(name) && bytes <= mostBytes)) {
    const text = (await readFully(holder.source, 0, holder.bytes, 'the sums in the archive')).toString('utf8');
    for (const sum of sumsIn(text, holder.name)) await checkSum(sum, members, isManifest(holder.name), report);
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
      : [{ algorithm, name: name.replace(/^\.\//, ''), hex: hex.toLowerCase(), from }];
  });
}

async function checkSum(sum: Sum, members: readonly TarMember[], isComplete: boolean, report: Report): Promise<void> {
  const folder = sum.from.slice(0, sum.from.lastIndexOf('/') + 1);
  const member =
    members.find(({ name }) => plainName(name) === plainName(folder + sum.name)) ??
    members.find(({ name }) => plainName(name) === sum.name);
  if (!member) {
    if (isComplete) report.reject('checksum', `${sum.from} lists ${JSON.stringify(sum.name)}, which is not in the archive`);
    return;
  }
  const found = await digestOf(member.source, member.bytes, sum.algorithm);
  if (found !== sum.hex)
    report.reject('checksum', `${JSON.stringify(member.name)} has the ${sum.algorithm} ${found}, ${sum.from} says ${sum.hex}`);
}

const plainName = (name: string): string => name.replace(/^(\.\/)+/, '');

async function digestOf(source: RandomSource, bytes: number, algorithm: string): Promise<string> {
  const hash = createHash(algorithm);
  for (let at = 0; at < bytes; at += pieceBytes)
    hash.update(await readFully(source, at, Math.min(pieceBytes, bytes - at), 'a member of the archive'));
  return hash.digest('hex');
}

import type { RandomSource } from '../runs.ts';
import { refusal, type Report } from './findings.ts';
import { BeyondPrefix, hasText, readFully } from './reading.ts';

/** A regular file in an archive. */
export interface TarMember {
  readonly name: string;
  /** Where its bytes begin in the archive. */
  readonly offset: number;
  readonly bytes: number;
}

const recordBytes = 512;
const maxMembers = 1000;
const maxExtendedBytes = 1 << 20;
const regular = ['0', '\0', '7'];
const links = ['1', '2'];
/** Headers that say more about the member after them: PAX, PAX for all, GNU long name and long link. */
const extended = ['x', 'g', 'L', 'K'];

/** The regular members of an archive. Links, odd names and special files are reported; a broken header is thrown. */
export async function tarMembers(source: RandomSource, report: Report): Promise<TarMember[]> {
  const members: TarMember[] = [];
  let pax: Pax = {};
  for (let at = 0, count = 0; at + recordBytes <= source.size; count += 1) {
    const header = await readHeader(source, at, members.length > 0);
    if (header === undefined || header.every((byte) => byte === 0)) return members;
    if (count === maxMembers) throw refusal('tar_members', `the archive holds more than ${maxMembers} members`);
    checkHeader(header);
    const type = String.fromCharCode(header[156] ?? 0);
    const isExtended = extended.includes(type);
    const bytes = (isExtended ? undefined : pax.bytes) ?? numberAt(header, 124, 12);
    const offset = at + recordBytes;
    if (offset + bytes > source.size) throw refusal('truncated', 'the archive ends inside a member');
    if (isExtended) pax = { ...pax, ...(await readExtended(source, offset, bytes, type)) };
    else {
      const name = pax.name ?? nameOf(header);
      if (checkMember(type, name, report)) members.push({ name, offset, bytes });
      pax = {};
    }
    at = offset + Math.ceil(bytes / recordBytes) * recordBytes;
  }
  return members;
}

/** Absent where only the beginning of the archive is known and the header lies behind it: good enough once there is a member. */
function readHeader(source: RandomSource, at: number, enough: boolean): Promise<Buffer | undefined> {
  return readFully(source, at, recordBytes, 'an archive header').catch((error: unknown) => {
    if (enough && error instanceof BeyondPrefix) return undefined;
    throw error;
  });
}

function checkMember(type: string, name: string, report: Report): boolean {
  const shown = JSON.stringify(name.slice(0, 200));
  if (/^[/\\]|^[a-z]:|(^|[/\\])\.\.([/\\]|$)/i.test(name))
    report.reject('tar_name', `the archive holds a name that leads out of it: ${shown}`);
  if (links.includes(type)) report.reject('tar_link', `the archive holds a link: ${shown}`);
  else if (type !== '5' && !regular.includes(type))
    report.reject('tar_members', `the archive holds a member of type ${JSON.stringify(type)}: ${shown}`);
  return regular.includes(type);
}

interface Pax {
  readonly name?: string;
  readonly bytes?: number;
}

async function readExtended(source: RandomSource, offset: number, length: number, type: string): Promise<Pax> {
  if (length > maxExtendedBytes) throw refusal('tar_header', `an archive header of ${length} bytes`);
  const text = (await readFully(source, offset, length, 'an archive header')).toString('utf8');
  if (type === 'L') return { name: text.replace(/\0.*$/s, '') };
  if (type !== 'x') return {};
  // Records are "length key=value\n".
  const name = /\d+ path=([^\n]*)\n/.exec(text)?.[1];
  const size = /\d+ size=(\d+)\n/.exec(text)?.[1];
  if (/\d+ GNU\.sparse\./.test(text)) throw refusal('tar_members', 'the archive holds a sparse member');
  return { ...(name === undefined ? {} : { name }), ...(size === undefined ? {} : { bytes: Number(size) }) };
}

function nameOf(header: Buffer): string {
  const field = (from: number, to: number) => header.toString('utf8', from, to).replace(/\0.*$/s, '');
  const prefix = hasText(header, 257, 'ustar\0') ? field(345, 500) : '';
  return prefix === '' ? field(0, 100) : `${prefix}/${field(0, 100)}`;
}

/** Octal text, or, with the first bit set, a big-endian number (GNU, for 8 GiB and more). */
function numberAt(header: Buffer, from: number, length: number): number {
  if ((header[from] ?? 0) & 0x80) {
    if (header.readUInt32BE(from) !== 0x80000000) throw refusal('tar_header', 'a number in an archive header is too large');
    return header.readUIntBE(from + length - 6, 6);
  }
  const text = header
    .toString('latin1', from, from + length)
    .replace(/[\0 ]+$/, '')
    .trim();
  if (!/^[0-7]+$/.test(text)) throw refusal('tar_header', 'a number in an archive header is not one');
  return parseInt(text, 8);
}

/** The sum of all bytes, those of the checksum counted as spaces. */
function checkHeader(header: Buffer): void {
  let sum = 8 * 32;
  for (const [index, byte] of header.entries()) if (index < 148 || index >= 156) sum += byte;
  if (sum !== numberAt(header, 148, 8)) throw refusal('tar_header', 'the checksum of an archive header is wrong');
}

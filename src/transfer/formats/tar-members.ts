import type { RandomSource } from '../extents.ts';
import { findingError, type Report } from './findings.ts';
import { BeyondPrefix, readFully, sectionOf } from './byte-reader.ts';
import { parseTarHeader, recordBytes, type TarHeader } from './tar-header.ts';
import { checkMap, oldGnuMap, paxMap, sparseSource, type SparseMap } from './tar-sparse.ts';

/** A regular file in an archive. `bytes`: how long it is, with its holes. */
export interface TarMember {
  readonly name: string;
  readonly bytes: number;
  /** Its bytes. Where only the beginning of the archive is known, they may go on behind that. */
  readonly source: RandomSource;
}

const maxMembers = 1000;
const maxExtendedBytes = 1 << 20;
const sparse = 'S';
const regular = ['0', '\0', '7', sparse];
const links = ['1', '2'];
/** Folders, GNU's lists of folders, and names of volumes: nothing is in them. */
const empty = ['5', 'D', 'V'];
/** Headers that say more about the member after them: PAX, PAX for all, GNU long name and long link. */
const extended = ['x', 'g', 'X', 'L', 'K'];

/** What was said of the next member. */
interface Said {
  readonly name?: string;
  readonly headerBytes: number;
  readonly records: readonly (readonly [key: string, value: string])[];
}
const nothing: Said = { headerBytes: 0, records: [] };

/** The regular members of an archive. Links, odd names and special files are reported; a broken header is thrown. */
export async function tarMembers(source: RandomSource, report: Report): Promise<TarMember[]> {
  const members: TarMember[] = [];
  let said = nothing;
  for (let at = 0, count = 0; at + recordBytes <= source.size; count += 1) {
    const bytes = await readHeader(source, at, members.length > 0);
    if (bytes === undefined || bytes.every((byte) => byte === 0)) return members;
    if (count === maxMembers) throw findingError('tar_members', `the archive holds more than ${maxMembers} members`);
    const header = parseTarHeader(bytes);
    const offset = at + recordBytes;
    if (extended.includes(header.type)) {
      said = await readExtended(source, offset, header, said);
      at = offset + wholeRecords(header.bytes);
      continue;
    }
    const name = said.name ?? paxValue(said, 'GNU.sparse.name') ?? paxValue(said, 'path') ?? header.name;
    const stored = sizeIn(said) ?? header.bytes;
    const map =
      header.type === sparse ? await oldGnuMap(source, bytes, offset) : await paxMap(source, said.records, offset, stored);
    // GNU's own map lies in front of what the header counts, that of PAX is part of it.
    const dataAt = offset + (map?.mapBytes ?? 0);
    const end = offset + stored + (header.type === sparse ? (map?.mapBytes ?? 0) : 0);
    if (end > source.size) throw findingError('truncated', 'the archive ends inside a member');
    if (checkMember(header.type, name, report)) members.push(memberOf(source, name, dataAt, end - dataAt, map));
    said = nothing;
    at = offset + wholeRecords(end - offset);
  }
  return members;
}

const wholeRecords = (bytes: number): number => Math.ceil(bytes / recordBytes) * recordBytes;
const paxValue = ({ records }: Said, key: string): string | undefined => records.findLast(([each]) => each === key)?.[1];

/** PAX gives sizes in decimal digits. */
function sizeIn(said: Said): number | undefined {
  const text = paxValue(said, 'size');
  if (text !== undefined && !/^\d{1,15}$/.test(text))
    throw findingError('tar_header', 'a size in a PAX header of the archive is not a number');
  return text === undefined ? undefined : Number(text);
}

function memberOf(source: RandomSource, name: string, offset: number, bytes: number, map: SparseMap | undefined): TarMember {
  if (map) {
    checkMap(map, bytes);
    return { name, bytes: map.fileBytes, source: sparseSource(source, offset, map) };
  }
  return { name, bytes, source: sectionOf(source, offset, Number.isFinite(source.size) ? bytes : Infinity) };
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
  else if (!empty.includes(type) && !regular.includes(type))
    report.reject('tar_members', `the archive holds a member of type ${JSON.stringify(type)}: ${shown}`);
  return regular.includes(type) && !name.endsWith('/');
}

async function readExtended(source: RandomSource, offset: number, { bytes, type }: TarHeader, said: Said): Promise<Said> {
  if (bytes > maxExtendedBytes) throw findingError('tar_header', `an archive header of ${bytes} bytes`);
  const content = await readFully(source, offset, bytes, 'an archive header');
  if (type === 'g') checkGlobal(paxRecords(content));
  if (type === 'L') return { ...said, name: content.toString('utf8').replace(/\0.*$/s, '') };
  if (type !== 'x' && type !== 'X') return said;
  const headerBytes = said.headerBytes + bytes;
  if (headerBytes > maxExtendedBytes) throw findingError('tar_header', `headers of ${headerBytes} bytes for one archive member`);
  return { ...said, headerBytes, records: [...said.records, ...paxRecords(content)] };
}

/** What is said of all members cannot be meant where it is of one file. */
function checkGlobal(records: readonly (readonly [key: string, value: string])[]): void {
  const key = records.find(([each]) => ofOne.test(each))?.[0];
  if (key !== undefined) throw findingError('tar_header', `the archive says ${key} of all its members`);
}
const ofOne = /^(path|linkpath|size|GNU\.sparse\..*)$/;

/** Records are "length key=value\n"; a value may hold anything. */
function paxRecords(content: Buffer): (readonly [string, string])[] {
  const records: [string, string][] = [];
  for (let at = 0; at < content.length && content[at] !== 0;) {
    const length = Number(/^(\d{1,7}) /.exec(content.toString('latin1', at, at + 8))?.[1] ?? 0);
    const text = content.toString('utf8', at, at + length);
    const [, key, value] = /^\d+ ([^=]+)=(.*)\n$/s.exec(text) ?? [];
    if (key === undefined || value === undefined || at + length > content.length)
      throw findingError('tar_header', 'a PAX header of the archive is broken');
    records.push([key, value]);
    at += length;
  }
  return records;
}

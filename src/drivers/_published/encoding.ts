import { compressions, type Compression, type Encoding, type Format } from '../../core/encoding.ts';

/** Endings of files with a disk in them. What `.img` is shows in its bytes only. */
const formats: ReadonlyMap<string, Format | undefined> = new Map<string, Format | undefined>([
  ['qcow2', 'qcow2'],
  ['img', undefined],
  ['raw', 'raw'],
  ['vmdk', 'vmdk'],
  ['vhd', 'vhd'],
  ['vhdfixed', 'vhd'],
  ['vhdx', 'vhdx'],
  ['vdi', 'vdi'],
  ['ova', 'ova'],
]);
const wrappers: ReadonlyMap<string, Compression> = new Map<string, Compression>([
  ['gz', 'gzip'],
  ['xz', 'xz'],
  ['zst', 'zstd'],
  ['bz2', 'bzip2'],
]);

const ending = new RegExp(`\\.(${[...formats.keys()].join('|')})(?:\\.(${[...wrappers.keys()].join('|')}))?$`, 'i');

/** What the name of a file says of the disk in it. */
export interface DiskName {
  /** The name without its endings. */
  readonly stem: string;
  /** The endings, without the dot in front. */
  readonly ending: string;
  /** Absent: the bytes tell. */
  readonly encoding: Encoding | undefined;
  /** Of the files of one disk the least is the usual one: a disk that many take, and as it is. */
  readonly rank: number;
}

/** Absent: a file of that name is no disk: an archive, an installer, a list. */
export function diskName(file: string): DiskName | undefined {
  const found = ending.exec(file);
  const [whole = '', kind = '', wrapper] = found ?? [];
  if (!found || found.index === 0) return undefined;
  const format = formats.get(kind.toLowerCase());
  const compression = wrappers.get(wrapper?.toLowerCase() ?? '');
  const encoding = format && { format, ...(compression ? { compression } : {}) };
  const rank = [...formats.keys()].indexOf(kind.toLowerCase()) * (compressions.length + 1);
  return {
    stem: file.slice(0, found.index),
    ending: whole.slice(1),
    encoding,
    rank: rank + (compression ? compressions.indexOf(compression) + 1 : 0),
  };
}

/** Of an id whose last part is the name of a file with a disk in it. */
export const diskFile = String.raw`[^/]+\.(?:${[...formats.keys()].join('|')})(?:\.(?:${[...wrappers.keys()].join('|')}))?`;

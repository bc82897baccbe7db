import type { Compression, Format } from '../../core/encoding.ts';
import type { Report } from './findings.ts';

/** What the ending of a file's name says of its content. */
export interface ExtensionFormat {
  readonly compression?: Compression;
  /** Any of these; none: of something that is not read. Absent: the name says nothing about the format. */
  readonly formats?: readonly Format[];
  /** The ending that says so, in lower case, for messages. */
  readonly ending: string;
}

const compressions: Readonly<Record<string, Compression>> = {
  gz: 'gzip',
  xz: 'xz',
  zst: 'zstd',
  zstd: 'zstd',
  bz2: 'bzip2',
};
/** Endings that stand for two. */
const abbreviations: Readonly<Record<string, string>> = {
  tgz: 'tar.gz',
  txz: 'tar.xz',
  tzst: 'tar.zst',
  tbz: 'tar.bz2',
  tbz2: 'tar.bz2',
};
const archives: readonly Format[] = ['tar', 'ova'];
/** Endings that mean something recognisable. `.img` and `.bin` are given to everything. */
const formats: Readonly<Record<string, readonly Format[]>> = {
  raw: ['raw', 'iso', 'luks'],
  qcow2: ['qcow2'],
  qcow: ['qcow2'],
  qed: ['qed'],
  vmdk: ['vmdk'],
  vhd: ['vhd'],
  vpc: ['vhd'],
  vhdfixed: ['vhd'],
  vhdx: ['vhdx'],
  vdi: ['vdi'],
  iso: ['iso'],
  hds: ['ploop'],
  ova: archives,
  tar: archives,
};
/** Archives and compressions that are not read: what has such a name and is none of them is not what it says either. */
const unread: ReadonlySet<string> = new Set(['zip', '7z', 'rar', 'lz4', 'lzma', 'lz', 'lzo', 'lrz', 'z', 'cab', 'wim', 'rpm', 'deb', 'vma']); // prettier-ignore
/** Files that VMware keeps beside a description: the sectors of a disk as they are, or a part of one. */
const bareVmdk = /-(?:flat|f\d{3}|delta|rdmp?|ctk|sesparse)\.vmdk$/i;

/** What a file's name promises, by its last part; absent where it promises nothing. */
export function formatByExtension(name: string): ExtensionFormat | undefined {
  const base = name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1).replace(/^\.+/, '');
  const parts = base
    .split('.')
    .slice(1)
    .flatMap((part) => (abbreviations[part.toLowerCase()] ?? part.toLowerCase()).split('.'));
  const last = parts.at(-1);
  if (last === undefined) return undefined;
  const compression = compressions[last];
  const ending = compression === undefined ? last : parts.at(-2);
  const found = ending === undefined || bareVmdk.test(base) ? undefined : unread.has(ending) ? [] : formats[ending];
  if (compression === undefined && found === undefined) return undefined;
  return {
    ...(compression === undefined ? {} : { compression }),
    ...(found === undefined ? {} : { formats: found }),
    ending: `.${[...(found === undefined ? [] : [ending]), ...(compression === undefined ? [] : [last])].join('.')}`,
  };
}

/** Why a file of that name is taken for something else than is to be written into it; absent: it is not. */
export function misnamed(name: string, { format, compression }: Omit<Content, 'whole'>): string | undefined {
  const promised = formatByExtension(name);
  if (!promised) return undefined;
  const { formats: wanted, ending } = promised;
  const isWrapped = promised.compression === compression || (wanted === undefined && promised.compression === undefined);
  if (isWrapped && (wanted === undefined || wanted.includes(format))) return undefined;
  return `${name} is ${inWords(format, compression)}, which contradicts the ending ${ending} of its name`;
}

const inWords = (format: Format, compression: Compression | undefined): string =>
  compression === undefined ? format : `${format} in ${compression}`;

/** What is known of a file's content. `whole`: to its end, by which some formats are told. */
interface Content {
  readonly format: Format;
  readonly compression?: Compression | undefined;
  readonly whole: boolean;
}

/** Reports a content that is not what the file's name promises. */
export function checkExtension(name: string, { format, compression, whole }: Content, report: Report): void {
  const promised = formatByExtension(name);
  if (!promised) return;
  const { formats: wanted, ending } = promised;
  const isWrapped = promised.compression === undefined || promised.compression === compression;
  // A fixed VHD is a raw disk up to its last sector.
  const isOpen = !whole && wanted?.includes('vhd') === true && format === 'raw';
  if (isWrapped && (wanted === undefined || wanted.includes(format) || isOpen)) return;
  report.reject(
    'name',
    `its content is ${inWords(format, compression)}, which contradicts the ending ${ending} of its name`,
    'Download it again, or correct its name.',
  );
}

import { bySerial } from '../_published/find.ts';
import { diskName, type DiskName } from '../_published/encoding.ts';
import type { Folder, Layout } from './layout.ts';
import { namePartsOf, type NameParts } from './file-name.ts';
import type { ListedFile } from './published-file.ts';

/** A file with a disk in it. */
export interface PublishedImage extends NameParts {
  readonly id: string;
  readonly name: string;
  readonly folder: Folder;
  readonly file: ListedFile;
  readonly disk: DiskName;
  /** Names of other files with the same content. */
  readonly otherNames: readonly string[];
  /** No other serial of the same is newer. */
  readonly isNewest: boolean;
  /** Of the files with the same disk the usual one. */
  readonly isUsual: boolean;
  /** Of all variants the one that is meant where none is named; of two with the same rank both. */
  readonly isPreferred: boolean;
}

type Bare = Omit<PublishedImage, 'id' | 'name' | 'isNewest' | 'isUsual' | 'isPreferred'>;

/** Digits of a digest by which a file without a serial is told from what bears its name later. */
const shortDigest = 12;

/** The images among the files of a folder, the newest of each kind first. */
export function imagesIn(layout: Layout, folder: Folder, files: readonly ListedFile[]): readonly PublishedImage[] {
  const bare = withOtherNames(files.map((file) => imageOf(layout, folder, file)).filter((image) => image !== undefined));
  const newest = new Map<string, string>();
  for (const image of bare) {
    const { serial } = image;
    if (serial !== undefined && bySerial(newest.get(kindOf(image)) ?? '', serial) < 0) newest.set(kindOf(image), serial);
  }
  return bare
    .map((image) => {
      const { serial, line } = image;
      const same = bare.filter((other) => other.serial === serial && other.architecture === image.architecture);
      const ofLine = same.filter((other) => other.line === line);
      const isUsual = ofLine.every(({ disk }) => disk.rank >= image.disk.rank);
      const rank = rankOf(layout, image);
      return {
        ...image,
        id: idOf(image),
        name: isUsual ? nameOf(image) : `${nameOf(image)}.${image.disk.ending}`,
        isNewest: serial === undefined || serial === newest.get(kindOf(image)),
        isUsual,
        isPreferred: isUsual && same.every((other) => rankOf(layout, other) >= rank),
      };
    })
    .sort((a, b) => bySerial(b.serial ?? '', a.serial ?? ''));
}

function imageOf(layout: Layout, folder: Folder, file: ListedFile): (Bare & { readonly fits: boolean }) | undefined {
  const disk = diskName(file.name);
  if (!disk) return undefined;
  const parts = namePartsOf(layout, folder, disk.stem, file.name);
  const none: NameParts = { version: undefined, serial: undefined, architecture: undefined, variant: undefined, line: disk.stem };
  const { serial, ...rest } = parts ?? none;
  return { ...rest, serial: serial ?? file.serial, folder, file, disk, fits: parts !== undefined, otherNames: [] };
}

const digestOf = ({ digests }: ListedFile): string | undefined => digests.sha512 ?? digests.sha384 ?? digests.sha256;

/** What is called after no serial is the file with the same content that is: it means another one tomorrow. */
function withOtherNames(images: readonly (Bare & { readonly fits: boolean })[]): readonly Bare[] {
  const dated = images.filter(({ fits, serial }) => fits && serial !== undefined);
  const twinOf = (image: Bare): Bare | undefined => {
    const digest = digestOf(image.file);
    return digest === undefined || dated.includes(image as (typeof dated)[number])
      ? undefined
      : dated.find(({ file }) => digestOf(file) === digest);
  };
  return images
    .filter((image) => image.fits && twinOf(image) === undefined)
    .map(({ fits: _fits, ...image }) => ({
      ...image,
      otherNames: [
        ...(image.file.otherName === undefined ? [] : [image.file.otherName]),
        ...images.filter((other) => twinOf(other)?.file === image.file).map(({ file }) => file.name),
      ],
    }));
}

const kindOf = ({ line, architecture = '' }: Bare): string => `${architecture}/${line}`;

function rankOf({ variants }: Layout, { variant = '' }: Bare): number {
  const rank = variants.indexOf(variant);
  return rank < 0 ? variants.length : rank;
}

/** `[RELEASE/][ARCH/]SERIAL/FILE`, or a digest in the place of a serial; the file as it stands in its address. */
function idOf({ folder, architecture, serial, file }: Bare): string {
  const digest = digestOf(file) ?? file.digests.md5 ?? '0'.repeat(shortDigest);
  return [folder.release?.word, architecture, serial ?? digest.slice(0, shortDigest), file.url.pathname.split('/').at(-1)]
    .filter((part) => part !== undefined)
    .join('/');
}

/** The name of the file, with what it does not say: some are called the same in every version and for every architecture. */
function nameOf({ disk: { stem }, serial, folder: { arch } }: Bare): string {
  const words = arch ? [arch.name, arch.word] : [];
  const withSerial = serial === undefined || stem.includes(serial) ? stem : `${stem}-${serial}`;
  return arch === undefined || words.some((word) => stem.includes(word)) || serial === undefined || stem.includes(serial)
    ? withSerial
    : `${withSerial}-${arch.word}`;
}

import type { Format } from '../../core/encoding.ts';
import type { Description } from '../../core/operation.ts';
import type { Properties } from '../../core/provenance.ts';

/** Which version an image is, where whoever wants it has written that down. */
export interface Version {
  /** What stands behind the name once a newer one bears that. */
  readonly label: string;
  readonly separator: string;
  /** The property in which the label is kept. */
  readonly property: string;
  /** Logical name of all versions; absent: it has none but itself. */
  readonly series?: string;
  /** What the newest of them is called: an older one keeps that name until the newest takes it. */
  readonly plainName?: string;
  readonly isNewest: boolean;
  /** What those get that no version is wanted of any more, where their properties are so. */
  readonly superseded?: { readonly where: Properties; readonly properties: Properties };
  /** By what the work of another tool is known: that it is of this series, and of this very version. */
  readonly made: { readonly tag: string; readonly series?: Properties; readonly same: Properties };
  /** It is whatever is at the address just now: what a new one says of that, by the names of the properties. */
  readonly pointer?: { readonly digest: string; readonly date: string };
}

/** What is wanted of one image, wherever it is to be. */
export interface ManifestImage {
  /** The name by which the manifest knows it, whatever it is called where it lies. */
  readonly name: string;
  /** A publisher's image, `PROFILE:IMAGE`, a file, or a URL; a file's path is whole. */
  readonly source: string;
  /** Of several that the source may mean the newest. */
  readonly latest: boolean;
  /** Which of a publisher's images is meant. Absent: as its profile says. */
  readonly arch?: string;
  readonly verify?: string;
  readonly checksum?: string;
  readonly fromFormat?: Format;
  readonly diskFormat?: Format;
  readonly allowUnsafe: readonly string[];
  /** Profiles and globs of profiles. */
  readonly targets: readonly string[];
  /** What it is called there: a template. */
  readonly displayName: string;
  /** What is said of it; what is not named is as it is. */
  readonly labels: Omit<Description, 'name'>;
  /** Places in which it has to be. */
  readonly places: readonly string[];
  /** It is to be in those and no others. */
  readonly isExactly: boolean;
  /** The channel that points to it, under its name. */
  readonly channel?: string;
  /** Where it stands in the file: `images[0]`. */
  readonly path: string;
  /** How many of its versions stay, and how long one is retired before it is deleted (ms). Absent: all stay. */
  readonly retention?: { readonly keep: number; readonly grace: number };
  readonly version?: Version;
  /** Its smallest disk is at least what it needs. */
  readonly fitsDisk?: boolean;
  /** It is to be out of use. */
  readonly isInactive?: boolean;
  /** Id that a new one is to have. */
  readonly id?: string;
}

/** Images that are to be there, and where. */
export interface Manifest {
  /** By this what it has made is known as its own. */
  readonly id: string;
  readonly images: readonly ManifestImage[];
  /** The file, as it was named. */
  readonly file: string;
  /** What stands in it, and where relative paths in it begin. */
  readonly written: KeptManifest;
}

/** A manifest as it can be kept, and read again. `oim`: files of OSISM's image manager, for these profiles. */
export type KeptManifest = { readonly value: unknown; readonly folder: string } & (
  { readonly form?: undefined } | { readonly form: 'oim'; readonly targets: readonly string[] }
);

/** The name in the marks of an image. */
export const seriesOfImage = ({ name, version }: ManifestImage): string => version?.series ?? name;

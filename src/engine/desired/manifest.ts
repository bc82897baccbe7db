import type { Format } from '../../core/encoding.ts';
import type { Description } from '../../core/operation.ts';

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
  /** Where it stands in the file: `images[0]`. */
  readonly path: string;
}

/** Images that are to be there, and where. */
export interface Manifest {
  /** By this what it has made is known as its own. */
  readonly id: string;
  readonly images: readonly ManifestImage[];
  /** The file, as it was named. */
  readonly file: string;
  /** What stands in it, and where relative paths in it begin. */
  readonly written: { readonly value: unknown; readonly folder: string };
}

import { architectureOf } from '../../core/architecture.ts';
import type { Folder, Layout } from './layout.ts';

/** What the name of a file says of the image in it. */
export interface NameParts {
  readonly version: string | undefined;
  readonly serial: string | undefined;
  /** In the words of images. */
  readonly architecture: string | undefined;
  readonly variant: string | undefined;
  /** The same in all serials of one image. */
  readonly line: string;
}

const dated = /(?<!\d)\d{8}(?:[.-]\d+)*(?!\d)/;
const architecture = /(?<![a-z\d])(x86_64|amd64|aarch64|arm64|armhf|armv7l|i[36]86|ppc64el|ppc64le|riscv64|s390x)(?![a-z\d])/i;

/** By the pattern of the profile, or where there is none by what is usual. Absent: the pattern does not fit. */
export function namePartsOf({ pattern }: Layout, { release, arch }: Folder, stem: string, file: string): NameParts | undefined {
  const found = pattern ? (pattern.exec(file) ?? pattern.exec(stem)) : undefined;
  if (pattern && !found) return undefined;
  const groups = found?.groups ?? {};
  const serial = pattern ? groups.serial : dated.exec(stem)?.[0];
  const word = groups.arch ?? arch?.name ?? architecture.exec(stem)?.[0]?.toLowerCase();
  return {
    version: groups.version ?? release?.version,
    serial,
    architecture: word === undefined ? undefined : architectureOf(word),
    variant: groups.variant,
    line: groups.variant ?? (serial === undefined ? stem : stem.replace(serial, '')),
  };
}

import { algorithmOfLength, type Checksum } from './published-digests.ts';

/** A line of a checksum file; an absent `name`: it says nothing of which file it is. */
export interface PublishedChecksum extends Checksum {
  readonly name?: string;
}

/** `HEX  NAME`, `HEX *NAME`; `ALGO (NAME) = HEX`; `ALGO: HEX NAME`; `HEX` alone. */
const lines: readonly RegExp[] = [
  /^(?<hex>[0-9a-f]{32,128})(?: [ *]|\t| )(?<name>\S.*)$/i,
  /^[a-z0-9-]+ ?\((?<name>.+)\) ?= ?(?<hex>[0-9a-f]{32,128})$/i,
  /^[a-z0-9-]+: (?<hex>[0-9a-f]{32,128})\s+(?<name>\S.*)$/i,
  /^(?<hex>[0-9a-f]{32,128})$/i,
];

/** What a checksum file says, in order. Lines that are none are passed over, and so are names that lead elsewhere. */
export function checksumsIn(text: string): readonly PublishedChecksum[] {
  return signedPart(text)
    .split('\n')
    .flatMap((line): readonly PublishedChecksum[] => {
      const found = lines.map((pattern) => pattern.exec(line.trimEnd())?.groups).find((groups) => groups !== undefined);
      const hex = found?.hex?.toLowerCase() ?? '';
      const algorithm = algorithmOfLength(hex.length);
      if (algorithm === undefined) return [];
      const name = found?.name?.trim().replace(/^\.\//, '');
      if (name === undefined) return [{ algorithm, hex }];
      return /(^|\/)\.\.(\/|$)/.test(name) ? [] : [{ algorithm, hex, name }];
    });
}

/** Of a clear-signed text what stands between its head and its signature, else all of it. */
function signedPart(text: string): string {
  const plain = text.replaceAll('\r\n', '\n');
  return /-----BEGIN PGP SIGNED MESSAGE-----\n(?:[^\n]+\n)*\n(.*?)\n-----BEGIN PGP SIGNATURE-----/s.exec(plain)?.[1] ?? plain;
}

/** What a checksum file says of one file. */
export type ChecksumFinding = { readonly checksum: Checksum } | { readonly contradiction: string } | undefined;

/** How a checksum file was come by. `isAbout`: it is called after the file; `isNamed`: the user has named it. */
export interface ChecksumFile {
  readonly isAbout: boolean;
  readonly isNamed: boolean;
}

/**
 * The strongest digest of the file called `name`. A single line is about the file that the checksum file is called after, whatever name
 * that has there; so is one without a name in a checksum file that the user has named, and any where no name is known. A
 * contradiction is told; absent: nothing is said of that file.
 */
export function checksumFor(
  published: readonly PublishedChecksum[],
  name: string | undefined,
  { isAbout, isNamed }: ChecksumFile,
): ChecksumFinding {
  const named = published.filter((one) => one.name !== undefined && one.name.split('/').at(-1) === name);
  const [first, ...others] = new Set(published.map((one) => one.name));
  const isMeant = others.length === 0 && (isAbout || name === undefined || (isNamed && first === undefined));
  const sorted = (named.length > 0 ? named : isMeant ? published : []).toSorted((a, b) => b.hex.length - a.hex.length);
  const [best] = sorted;
  if (!best) return undefined;
  const other = sorted.find((one) => one.algorithm === best.algorithm && one.hex !== best.hex);
  if (other) return { contradiction: `${best.algorithm} ${best.hex} and ${other.hex}` };
  return { checksum: { algorithm: best.algorithm, hex: best.hex } };
}

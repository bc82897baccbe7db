import { algorithmOfLength, type Checksum, type PublishedChecksum } from './checksum.ts';
import { jsonChecksums } from './checksum-json.ts';

/** `HEX  NAME`, `HEX *NAME`; `ALGO (NAME) = HEX`; `ALGO: HEX NAME`; `HEX` alone. */
const forms: readonly RegExp[] = [
  /^(?<hex>[0-9a-f]{32,128})(?: [ *]|\t| )(?<name>\S.*)$/i,
  /^(?<label>[a-z0-9-]+) ?\((?<name>.+)\) ?= ?(?<hex>[0-9a-f]{32,128})$/i,
  /^(?<label>[a-z0-9-]+): (?<hex>[0-9a-f]{32,128})\s+(?<name>\S.*)$/i,
  /^(?<hex>[0-9a-f]{32,128})$/i,
];
const length = /^# (?<name>\S.*): (?<bytes>\d{1,15}) bytes$/;

/**
 * What a checksum file says, in order: lines of any usual form, or the JSON of Debian's and CoreOS's images. What is none is passed over, and
 * so is a name with folders in it, which may lead elsewhere.
 */
export function checksumsIn(text: string): readonly PublishedChecksum[] {
  if (/^\s*\{/.test(text)) return jsonChecksums(text);
  const lines = signedPart(text)
    .split('\n')
    .map((line) => line.trimEnd());
  const lengths = new Map(lines.flatMap((line) => lengthIn(line)));
  return lines.flatMap(checksumIn).map((one) => {
    const bytes = one.name === undefined ? undefined : lengths.get(one.name);
    return bytes === undefined ? one : { ...one, bytes };
  });
}

function lengthIn(line: string): readonly (readonly [string, number])[] {
  const { name, bytes } = length.exec(line)?.groups ?? {};
  return name === undefined ? [] : [[name, Number(bytes)]];
}

function checksumIn(line: string): readonly PublishedChecksum[] {
  const found = forms.map((form) => form.exec(line)?.groups).find((groups) => groups !== undefined);
  const hex = found?.hex?.toLowerCase() ?? '';
  const algorithm = algorithmOfLength(hex.length);
  if (algorithm === undefined || !isOf(algorithm, found?.label)) return [];
  const name = found?.name?.trim().replace(/^(\.\/)+/, '');
  if (name === undefined) return [{ algorithm, hex }];
  return /[/\\]|^\.{1,2}$/.test(name) ? [] : [{ algorithm, hex, name }];
}

/** Digests of several algorithms are equally long: what is called otherwise is another. */
const isOf = (algorithm: string, label: string | undefined): boolean =>
  label === undefined || label.toLowerCase().replace(/^sha2?-/, 'sha') === algorithm;

/** Of a clear-signed text what stands between its head and its signature, else all of it. */
function signedPart(text: string): string {
  const plain = text.replaceAll('\r\n', '\n');
  return /-----BEGIN PGP SIGNED MESSAGE-----\n(?:[^\n]+\n)*\n(.*?)\n-----BEGIN PGP SIGNATURE-----/s.exec(plain)?.[1] ?? plain;
}

/** What was found out of one file. */
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
  const named = published.filter((one) => one.name !== undefined && one.name === name);
  const [first, ...others] = new Set(published.map((one) => one.name));
  const isMeant = others.length === 0 && (isAbout || name === undefined || (isNamed && first === undefined));
  return strongestOf(named.length > 0 ? named : isMeant ? published : []);
}

/** The strongest of the digests of one file, if they agree; absent: there are none. */
export function strongestOf(digests: readonly Checksum[]): ChecksumFinding {
  const sorted = digests.toSorted((a, b) => b.hex.length - a.hex.length);
  const [best] = sorted;
  if (!best) return undefined;
  const other = sorted.find((one) => one.algorithm === best.algorithm && one.hex !== best.hex);
  if (other) return { contradiction: `${best.algorithm} ${best.hex} and ${other.hex}` };
  return { checksum: { algorithm: best.algorithm, hex: best.hex } };
}

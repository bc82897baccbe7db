/** A digest that bytes must have, by node's name of its algorithm; hex in lower case. */
export interface Checksum {
  readonly algorithm: string;
  readonly hex: string;
}

/** What a checksum file says of one file. */
export interface PublishedChecksum extends Checksum {
  /** Name of the file, without folders. Absent: it says nothing of which file it is. */
  readonly name?: string;
  /** Where it lies for ever, counted from the folder of all that its publisher has. Absent: beside the checksum file. */
  readonly path?: string;
  /** How long it is. Absent: nothing is said of that. */
  readonly bytes?: number;
  /** As it was published, where that is an object. */
  readonly record?: Readonly<Record<string, unknown>>;
}

/** The usual algorithm whose digests have so many hexadecimal digits; absent: none has. */
export const algorithmOfLength = (length: number): string | undefined =>
  ({ 32: 'md5', 40: 'sha1', 64: 'sha256', 96: 'sha384', 128: 'sha512' })[length];

/** What Incus and LXD read of an image from the archive before its disk. */
export interface Metadata {
  readonly architecture: string;
  /** Seconds since 1970, and more than none. */
  readonly created: number;
  /** At least one. */
  readonly properties: Readonly<Record<string, string>>;
}

const block = 512;

/**
 * The archive that goes before a disk: the smallest that the servers take. The same metadata and disk always make the same bytes, and
 * with that the same id, so that an upload that is tried again is known by it. JSON is YAML.
 * Oddity: without `properties` the whole server dies.
 */
export function metadataArchive({ architecture, created, properties }: Metadata): Uint8Array {
  const text = new TextEncoder().encode(`${JSON.stringify({ architecture, creation_date: created, properties })}\n`);
  const padded = Math.ceil(text.length / block) * block;
  const archive = new Uint8Array(block + padded + 2 * block);
  archive.set(tarHeader('metadata.yaml', text.length));
  archive.set(text, block);
  return archive;
}

/** One header of a tar archive (POSIX ustar) for a plain file. */
function tarHeader(name: string, bytes: number): Uint8Array {
  const header = new Uint8Array(block);
  const write = (at: number, text: string): void => header.set(new TextEncoder().encode(text), at);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;
  write(0, name);
  write(100, octal(0o644, 7));
  write(108, octal(0, 7));
  write(116, octal(0, 7));
  write(124, octal(bytes, 11));
  write(136, octal(0, 11));
  write(148, ' '.repeat(8));
  write(156, '0');
  write(257, 'ustar\x0000');
  const sum = header.reduce((total, byte) => total + byte, 0);
  write(148, `${sum.toString(8).padStart(6, '0')}\0 `);
  return header;
}

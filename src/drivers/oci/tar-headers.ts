/** Bytes of a record of a tar archive (POSIX.1-1988, "ustar"). */
const recordBytes = 512;
/** The largest number that eleven octal digits say; above it the number itself stands there, as GNU tar and Go have it. */
const mostOctal = 8 ** 11 - 1;

interface Entry {
  readonly path: string;
  readonly type: '0' | '5';
  readonly mode: number;
  readonly bytes: number;
  /** User and group. */
  readonly owner: number;
}

const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, '0')}\0`;

function header({ path, type, mode, bytes, owner }: Entry): Uint8Array {
  const record = Buffer.alloc(recordBytes);
  record.write(path, 0, 100, 'utf8');
  record.write(octal(mode, 8), 100);
  record.write(octal(owner, 8), 108);
  record.write(octal(owner, 8), 116);
  if (bytes <= mostOctal) record.write(octal(bytes, 12), 124);
  else {
    record[124] = 0x80;
    record.writeBigUInt64BE(BigInt(bytes), 128);
  }
  // Nothing of when it was made: the same disk is the same archive.
  record.write(octal(0, 12), 136);
  record.write(type, 156);
  record.write('ustar\x0000', 257, 'latin1');
  record.write(' '.repeat(8), 148);
  const sum = record.reduce((all, byte) => all + byte, 0);
  record.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return record;
}

/** What stands before a file of so many bytes, readable for all. The path has at most 100 bytes. */
export const fileHeader = (path: string, bytes: number, owner: number): Uint8Array =>
  header({ path, type: '0', mode: 0o644, bytes, owner });

/** What stands for a folder; its path ends with a slash. */
export const folderHeader = (path: string, owner: number): Uint8Array =>
  header({ path, type: '5', mode: 0o755, bytes: 0, owner });

/** What stands behind a file of so many bytes, the last one: zeros up to a whole record, and two records of them. */
export const tarEnd = (bytes: number): Uint8Array =>
  new Uint8Array(((recordBytes - (bytes % recordBytes)) % recordBytes) + 2 * recordBytes);

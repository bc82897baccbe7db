import { deflateRawSync } from 'node:zlib';
import { isZero, padded, pieces, sector } from './guest.ts';
import { zstdFrame } from './wrapped.ts';

export interface Qcow2Options {
  readonly version?: 2 | 3;
  readonly clusterBits?: number;
  readonly compression?: 'zlib' | 'zstd';
  readonly extended?: boolean;
}

/** A qcow2: header, refcount table (empty: readers must not care), L1 table, L2 tables, clusters. Clusters of zeros are not stored. */
export function qcow2Image(
  disk: Buffer,
  { version = 3, clusterBits = 16, compression, extended = false }: Qcow2Options = {},
): Buffer {
  const cluster = 2 ** clusterBits;
  const entry = extended ? 16 : 8;
  const perTable = cluster / entry;
  const clusters = pieces(disk, cluster);
  const tables = Math.ceil(clusters.length / perTable);
  const l1 = padded(Buffer.alloc(tables * 8), cluster);
  const l2Offset = 2 * cluster + l1.length;
  const l2 = Buffer.alloc(tables * cluster);
  const stored: Buffer[] = [];
  let at = l2Offset + l2.length;
  const append = (bytes: Buffer) => {
    stored.push(bytes);
    at += bytes.length;
  };
  for (let index = 0; index < tables; index += 1)
    l1.writeBigUInt64BE((1n << 63n) | BigInt(l2Offset + index * cluster), index * 8);
  for (const [index, content] of clusters.entries()) {
    if (isZero(content)) continue;
    const place = index * entry;
    const packed = compression === 'zlib' ? deflateRawSync(content, { windowBits: 12 }) : compression && zstdFrame(content);
    // Noise does not compress: as it is then, like everywhere.
    if (packed && packed.length < cluster + (compression === 'zstd' ? 64 : 0)) {
      const sectors = Math.ceil(((at % sector) + packed.length) / sector) - 1;
      l2.writeBigUInt64BE((1n << 62n) | (BigInt(sectors) << BigInt(70 - clusterBits)) | BigInt(at), place);
      append(packed);
      continue;
    }
    append(Buffer.alloc((cluster - (at % cluster)) % cluster));
    l2.writeBigUInt64BE((1n << 63n) | BigInt(at), place);
    if (extended) l2.writeUInt32BE(subclusterBits(content), place + 12);
    append(content);
  }
  const header = Buffer.alloc(2 * cluster);
  header.write('QFI\xfb', 0, 'latin1');
  header.writeUInt32BE(version, 4);
  header.writeUInt32BE(clusterBits, 20);
  header.writeBigUInt64BE(BigInt(disk.length), 24);
  header.writeUInt32BE(tables, 36);
  header.writeBigUInt64BE(BigInt(2 * cluster), 40);
  header.writeBigUInt64BE(BigInt(cluster), 48);
  header.writeUInt32BE(1, 56);
  if (version === 3) {
    header.writeUInt32BE((compression === 'zstd' ? 8 : 0) | (extended ? 16 : 0), 76);
    header.writeUInt32BE(4, 96);
    header.writeUInt32BE(112, 100);
    header[104] = compression === 'zstd' ? 1 : 0;
  }
  return Buffer.concat([header, l1, l2, padded(Buffer.concat(stored), sector)]);
}

/** The allocation bits of the 32 parts of a cluster: those that hold something. */
function subclusterBits(content: Buffer): number {
  const part = content.length / 32;
  let bits = 0;
  for (let index = 0; index < 32; index += 1) if (!isZero(content.subarray(index * part, (index + 1) * part))) bits |= 1 << index;
  return bits >>> 0;
}

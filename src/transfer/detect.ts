import type { Format } from '../core/encoding.ts';
import { archivedDisk } from './archive-member.ts';
import { canStream, inspect, formatByExtension } from './formats/index.ts';
import type { Inspection } from './formats/inspection.ts';
import { sourceOfBytes, sourceOfPrefix } from './formats/byte-reader.ts';
import { isFlat, opaque, type PlanInput } from './plan.ts';
import { prefixBytes, readPrefix } from './prefix.ts';
import { qemuImgFor } from './qemu-img.ts';
import type { Source } from './source.ts';
import { decompressedSize } from './decompressed-size.ts';

/**
 * A source as it was looked at. `whole`: to its end, so that nothing in it can be a surprise. `doubtful`: it begins as a disk
 * without tables, and may end as a fixed VHD.
 */
export interface Detected {
  readonly source: Source;
  readonly inspection: Inspection;
  readonly whole: boolean;
  readonly doubtful: boolean;
}

/** Where nothing is seen in the beginning of compressed data, so much more of it is looked at, at most. */
const longestPrefixBytes = 64 * prefixBytes;
/** Disks are whole blocks of this size; one that has a few sectors more may have the footer of a fixed VHD behind it. */
const blockBytes = 4096;
const sectorBytes = 512;

/**
 * What a source is: looked at where it can be read at any place, else by its beginning. `declared`: what somebody says that it is; that
 * counts where no content could tell.
 */
export async function detect(given: Source, declared?: Format): Promise<Detected> {
  const said = [declared, given.declared].find((format) => format !== undefined && opaque.has(format));
  if (said !== undefined) return asDeclared(given, said);
  const { random, fileName } = given;
  const isCalledVhd =
    declared === 'vhd' ||
    given.declared === 'vhd' ||
    (fileName !== undefined && formatByExtension(fileName)?.formats?.includes('vhd') === true);
  const examined = (source: Source, inspection: Inspection, reached: boolean): Promise<Detected> =>
    asExamined(source, inspection, reached, isCalledVhd);
  if (random && given.near) {
    const inspection = await inspect(random, fileName);
    const disk = await archivedDisk(given, inspection);
    return disk ? detect(disk, declared) : examined(given, inspection, true);
  }
  let { source, prefix, complete } = await readPrefix(given);
  if (random) return examined(source, await inspect(random, fileName), true);
  let inspection = await inspectPrefix(prefix, complete, fileName);
  for (let wanted = prefixBytes * 8; inspection.unseen === 'all' && !complete && wanted <= longestPrefixBytes; wanted *= 8) {
    ({ source, prefix, complete } = await readPrefix(source, wanted));
    inspection = await inspectPrefix(prefix, complete, fileName);
  }
  return examined(source, inspection, complete);
}

const inspectPrefix = (prefix: Uint8Array, complete: boolean, fileName: string | undefined): Promise<Inspection> =>
  inspect(complete ? sourceOfBytes(prefix) : sourceOfPrefix(prefix), fileName);

const asDeclared = (source: Source, format: Format): Detected => ({
  source,
  inspection: { format, ...(source.bytes === undefined ? {} : { fileBytes: source.bytes }), findings: [] },
  whole: true,
  doubtful: false,
});

async function asExamined(source: Source, inspection: Inspection, reached: boolean, isCalledVhd: boolean): Promise<Detected> {
  const whole = reached && inspection.unseen === undefined;
  const seen = { source, inspection, whole };
  return { ...seen, doubtful: !whole && isFlat(inspection.format) && (isCalledVhd || (await mayEndAsVhd(seen))) };
}

async function mayEndAsVhd({ source, inspection }: Pick<Detected, 'source' | 'inspection'>): Promise<boolean> {
  const { compression, unseen } = inspection;
  if (unseen === 'all') return true;
  const bytes = compression && source.random ? await decompressedSize(compression, source.random) : source.bytes;
  if (bytes === undefined) return compression !== undefined && source.random !== undefined;
  return (compression === undefined || source.random !== undefined) && bytes % blockBytes !== 0 && bytes % sectorBytes === 0;
}

/** What a plan is made from. */
export function planInputOf({ source, inspection, doubtful }: Detected): PlanInput {
  const { format, compression, subformat, virtualBytes } = inspection;
  return {
    format,
    ...(compression ? { compression } : {}),
    ...(source.bytes === undefined ? {} : { bytes: source.bytes }),
    ...(virtualBytes === undefined ? {} : { virtualBytes }),
    ...(subformat === undefined ? {} : { subformat }),
    seekable: source.random !== undefined,
    streamable: canStream(inspection) || opaque.has(format),
    far: !source.near,
    doubtful,
    unseen: inspection.unseen === 'all',
    foreign: qemuImgFor(inspection) !== undefined,
  };
}

import type { Bytes } from '../core/http.ts';
import type { Digests } from '../core/operation.ts';
import { checkFooter } from './footer-check.ts';
import type { Detected } from './detect.ts';
import { asNamed, findingOf, inspect, inWrapper, readRuns, decompress } from './formats/index.ts';
import type { Finding, Inspection } from './formats/inspection.ts';
import { virtualDiskOf, isSound, randomAccess, type VirtualDisk } from './virtual-disk.ts';
import { checksumStream } from './checksum-stream.ts';
import { isFlat } from './plan.ts';
import { spool } from './spool.ts';
import type { Source } from './source.ts';
import { contentIdOf, ContentIdHash } from './writers/content-id.ts';

/** The most that compressed data may unfold to where neither target nor disk set a limit. */
export const decompressionLimitBytes = 64 * 2 ** 40;

/** All of a compressed file, looked at. `file`: what is in it, where that had to lie in a temporary file; to be closed. */
export interface Decompressed {
  readonly inspection: Inspection;
  readonly contentId?: string;
  readonly guest?: VirtualDisk | undefined;
  readonly file?: Source;
}

/**
 * Unwraps all of a compressed source, to judge what is in it by its end too. Data that is broken or cut off is a finding. `limit`: the most
 * that it may unfold to. Throws LIMIT, LOCAL, and what reading throws.
 */
export async function scanCompressed(
  { source, inspection }: Pick<Detected, 'source' | 'inspection'>,
  folder: string,
  signal: AbortSignal,
  limit: number,
): Promise<Decompressed> {
  const { compression, unseen } = inspection;
  if (!compression) return { inspection };
  const bytes = decompress(compression, source.open(), limit);
  const outer = (inner: Inspection): Inspection =>
    withFindings(inWrapper(inner, compression, source.bytes ?? 0), inspection.findings);
  try {
    if (isFlat(inspection.format) && unseen !== 'all') {
      const { found, contentId } = await scanDisk(bytes, source, inspection, signal);
      return { inspection: outer(found), contentId };
    }
    const file = await spool(bytes, folder, source.name);
    const found = asNamed(await inspect(randomAccess(file)), source.fileName, compression);
    return { inspection: outer(found), guest: virtualDiskOf(file, found), file };
  } catch (error) {
    const finding = findingOf(error);
    if (!finding) throw error;
    const broken: Finding = { ...finding, ends: 'wrapper' };
    return { inspection: withFindings({ ...inspection, findings: [broken] }, inspection.findings) };
  }
}

/** Every code once. */
const withFindings = (inspection: Inspection, others: readonly Finding[]): Inspection => ({
  ...inspection,
  findings: [...inspection.findings, ...others.filter(({ code }) => !inspection.findings.some((each) => each.code === code))],
});

/** A disk without tables, to its end: what it is as a whole, and its content id. Throws INTEGRITY where its end contradicts its beginning. */
export async function scanDisk(
  bytes: Bytes,
  { name, fileName }: Pick<Source, 'name' | 'fileName'>,
  inspection: Inspection,
  signal: AbortSignal,
): Promise<{ readonly found: Inspection; readonly contentId: string }> {
  let found = inspection;
  const disk = new ContentIdHash();
  for await (const chunk of checkFooter(bytes, { name, fileName, inspection, judge: (whole) => void (found = whole) })) {
    signal.throwIfAborted();
    await disk.data(chunk);
  }
  return { found, contentId: await disk.digest() };
}

/** What a source is as a whole. */
export interface FullScan {
  readonly inspection: Inspection;
  readonly bytes?: number | undefined;
  readonly digests: Digests;
  readonly contentId?: string | undefined;
}

/** Reads a source once, to its end: what it is, its digests, and the content id of the disk in it where that is sound. */
export async function fullScan(
  seen: Detected,
  algorithms: readonly string[],
  folder: string,
  signal: AbortSignal,
): Promise<FullScan> {
  const { source, inspection } = seen;
  // What a digest is asked of is the file, and of an archive not the disk in it.
  const measured = checksumStream((source.archive ?? source).open(), algorithms);
  const isDisk = isFlat(inspection.format) && !inspection.compression && inspection.unseen !== 'all';
  if (isDisk && isSound(inspection) && !(seen.whole && source.random?.spans && algorithms.length === 0)) {
    const { found, contentId } = await asFinding(inspection, () => scanDisk(measured.bytes, source, inspection, signal));
    return { inspection: seen.whole ? inspection : found, contentId, ...measured.result() };
  }
  const needsCopy = !source.near && (algorithms.length > 0 || !source.random || inspection.compression !== undefined);
  const files: Source[] = [];
  try {
    const file = needsCopy ? await spool(measured.bytes, folder, source.name, source.bytes) : source;
    if (needsCopy) files.push(file);
    else if (algorithms.length > 0) for await (const _chunk of measured.bytes) signal.throwIfAborted();
    const found = needsCopy ? await inspect(randomAccess(file), source.fileName) : inspection;
    const inside = await judgeInside({ source: file, inspection: found, whole: !found.unseen }, folder, signal, files);
    const guest = inside.guest ?? virtualDiskOf(file, inside.inspection);
    const read = () => guest && contentIdOf(readRuns(guest.random, guest.inspection), signal);
    const contentId = isSound(inside.inspection) ? (inside.contentId ?? (await read())) : undefined;
    return {
      inspection: inside.inspection,
      contentId,
      bytes: (source.archive ?? file).bytes,
      digests: measured.result().digests,
    };
  } finally {
    for (const file of files) await file.close();
  }
}

/** What lies near, as a whole: of what is compressed, all is unwrapped. */
export async function fullPreflight(seen: Detected, folder: string, signal: AbortSignal): Promise<Pick<Detected, 'inspection'>> {
  const files: Source[] = [];
  try {
    return await judgeInside(seen, folder, signal, files);
  } finally {
    for (const file of files) await file.close();
  }
}

async function judgeInside(
  seen: Pick<Detected, 'source' | 'inspection' | 'whole'>,
  folder: string,
  signal: AbortSignal,
  files: Source[],
): Promise<Decompressed> {
  if (!seen.inspection.compression) return { inspection: seen.inspection };
  const inside = await scanCompressed(seen, folder, signal, decompressionLimitBytes);
  if (inside.file) files.push(inside.file);
  return inside;
}

/** What a look ends with; a refusal becomes a finding. */
async function asFinding(
  inspection: Inspection,
  look: () => Promise<{ readonly found: Inspection; readonly contentId: string }>,
): Promise<{ readonly found: Inspection; readonly contentId?: string }> {
  try {
    return await look();
  } catch (error) {
    const finding = findingOf(error);
    if (!finding) throw error;
    return { found: withFindings({ ...inspection, findings: [finding] }, inspection.findings) };
  }
}

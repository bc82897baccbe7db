import type { Compression } from '../../core/encoding.ts';
import type { RandomSource } from '../extents.ts';
import type { Extent, PackedExtent } from './extents.ts';
import { findingOf, type FindingCode, type Report } from './findings.ts';
import type { FormatReader, Layout } from './format-reader.ts';
import type { Finding, Inspection } from './inspection.ts';
import { checkNestedImage } from './nested-image.ts';
import { checkExtension } from './file-extensions.ts';
import { BeyondPrefix, headBytes, readEdges, readFully, sourceOfBytes, sourceOfPrefix, type Edges } from './byte-reader.ts';
import { checkCompressedPolyglot, compressionOf, formatOf, isArchive, isFlat, polyglotsOf, type Polyglot } from './sniff.ts';
import { decompress } from './decompress.ts';

/** So much of what is in a compressed file is looked at: enough for every header. */
const prefixBytes = 2 << 20;
const inputBytes = 64 << 10;
/** Less of it tells nothing: there are magic numbers further behind. */
const leastSeen = 70 << 10;
/** So much of the compressed pieces of a disk is decompressed on trial. */
const sampleBytes = 512 << 10;

/**
 * What a file is, by its content; `name` only adds a refusal where it promises another one. Whatever is in the file, however broken, becomes a finding; what is thrown are errors
 * of the source itself, and UNSUPPORTED for compressed data that takes a decoder which is not here. `reject` findings are for the caller to
 * act on. A source of which only the beginning is known (`sourceOfPrefix`) is inspected as far as that goes. Of a compressed file the first 2 MiB of content are inspected; of a disk image the headers, all tables, and a sample of its
 * compressed data: whether the rest is sound shows when it is read.
 */
export async function inspect(source: RandomSource, name?: string): Promise<Inspection> {
  return inspectAt(source, { place: 'file', name });
}

/** These say already that a file is no disk, whatever its name. */
const decisive: ReadonlySet<string> = new Set<FindingCode>(['banned_format', 'empty', 'text']);

/** Where something lies, and under which name. One archive in one compressed file is the deepest there is. */
interface Where {
  readonly place: 'file' | 'wrapper' | 'archive';
  readonly name?: string | undefined;
  /** What is around it, in a wrapper. */
  readonly compression?: Compression;
}

async function inspectAt(source: RandomSource, where: Where): Promise<Inspection> {
  const findings = gathered();
  const edges = await readEdges(source);
  const compression = compressionOf(edges);
  if (compression === undefined) return inspectDisk(source, edges, where, findings);
  checkCompressedPolyglot(edges, compression, findings.report);
  if (where.place === 'file') return inspectWrapped(source, { ...where, place: 'wrapper', compression }, findings);
  findings.report.reject('nested_wrapper', `a ${compression} file inside a compressed file or an archive`);
  return { format: 'raw', compression, findings: findings.list };
}

async function inspectDisk(source: RandomSource, edges: Edges, where: Where, findings: Gathered): Promise<Inspection> {
  const { place, name, compression } = where;
  const reader = formatOf(edges, findings.report);
  if (place === 'archive' && isArchive(reader)) findings.report.reject('nested_wrapper', 'an archive inside an archive');
  const seen = place === 'archive' && isArchive(reader) ? {} : await look(source, reader, edges, findings);
  const isDecided = edges.head.length === 0 || findings.list.some(({ level, code }) => level === 'reject' && decisive.has(code));
  if (name !== undefined && !isDecided)
    checkExtension(name, { format: reader.name, compression, whole: Number.isFinite(source.size) }, findings.report);
  const { layout, member, allocatedBytes } = seen;
  const subformat = member ? memberFormat(member) : layout?.subformat;
  const virtualBytes = member
    ? (member.virtualBytes ?? (member.format === 'raw' ? layout?.virtualBytes : undefined))
    : layout?.virtualBytes;
  const allocated = member?.allocatedBytes ?? (isFlat(reader) ? undefined : allocatedBytes);
  return {
    format: reader.name,
    ...(subformat === undefined ? {} : { subformat }),
    ...sizeOf(source),
    ...(virtualBytes === undefined ? {} : { virtualBytes }),
    ...(allocated === undefined ? {} : { allocatedBytes: allocated }),
    ...(layout?.isInOrder ? { isInOrder: true } : {}),
    findings: findings.list,
  };
}

const sizeOf = ({ size }: RandomSource) => (Number.isFinite(size) ? { fileBytes: size } : {});

const memberFormat = (member: Inspection): string => (member.subformat ? `${member.format} ${member.subformat}` : member.format);

interface Seen {
  layout?: Layout;
  member?: Inspection;
  allocatedBytes?: number;
}

/** Opens and follows an image as far as it goes. */
async function look(source: RandomSource, reader: FormatReader, edges: Edges, findings: Gathered): Promise<Seen> {
  const seen: Seen = {};
  const rivals = polyglotsOf(edges, reader);
  const inDisk = new Set<Polyglot>();
  await findings.during(async () => {
    seen.layout = await reader.open(source, edges, findings.report);
    if (seen.layout.source !== undefined) {
      seen.member = await inspectAt(seen.layout.source, { place: 'archive' });
      findings.list.push(...seen.member.findings);
    }
    if (seen.layout.extents === undefined) return;
    const beginning: Extent[] = [];
    let begun = 0;
    seen.allocatedBytes = await walk(source, seen.layout, (extent) => {
      if (begun < headBytes) beginning.push(extent);
      begun += extent.length;
      for (const rival of rivals) if (isIn(extent, rival)) inDisk.add(rival);
    });
    if (!isFlat(reader)) await checkNestedImage(source, beginning, findings.report);
  });
  for (const rival of rivals)
    if (!inDisk.has(rival))
      findings.report.reject('multiple_formats', `the file is valid as ${reader.name} and as ${rival.title}`);
  return seen;
}

/** Whether a sector of the file is one of the disk's. */
const isIn = (extent: Extent, { at }: Polyglot): boolean =>
  extent.kind !== 'zero' && at >= extent.offset && at < extent.offset + (extent.kind === 'packed' ? extent.size : extent.length);

/** Follows all tables, decompresses a sample. Gives the bytes of the disk for which there is data. */
async function walk(source: RandomSource, layout: Layout, visit: (extent: Extent) => void): Promise<number> {
  const samples: PackedExtent[] = [];
  let sampled = 0;
  let allocated = 0;
  for await (const extents of layout.extents?.() ?? []) {
    for (const extent of extents) {
      visit(extent);
      if (extent.kind === 'zero') continue;
      allocated += extent.length;
      if (extent.kind === 'stored' || sampled >= sampleBytes) continue;
      sampled += extent.full;
      samples.push(extent);
    }
  }
  for (const extent of samples) {
    const bytes = await readFully(source, extent.offset, extent.size, 'compressed data');
    extent.codec.prove?.(bytes, extent);
    await extent.codec.unpack(bytes, extent);
  }
  return allocated;
}

async function inspectWrapped(
  source: RandomSource,
  where: Where & { readonly compression: Compression },
  findings: Gathered,
): Promise<Inspection> {
  const { compression } = where;
  const pieces: Uint8Array[] = [];
  let total = 0;
  const end = await findings.during(async () => {
    try {
      for await (const piece of decompress(compression, bytesOf(source), Infinity)) {
        pieces.push(Buffer.from(piece));
        total += piece.length;
        if (total > prefixBytes) return 'beyond';
      }
      return 'reached';
    } catch (error) {
      if (error instanceof BeyondPrefix) return 'beyond';
      throw error;
    }
  });
  const bytes = Buffer.concat(pieces);
  // Of nothing, no name can be wrong.
  const isUnseen = end === 'beyond' && total < leastSeen;
  const inside = isUnseen ? { ...where, name: undefined } : where;
  const inner = await inspectAt(end === 'beyond' ? sourceOfPrefix(bytes) : sourceOfBytes(bytes), inside);
  const outer = { compression, ...sizeOf(source) };
  // Where the data breaks off, nothing about the image can be said but what it began as.
  if (end === undefined) return { format: inner.format, ...outer, findings: findings.list.map(ofWrapper) };
  const unseen = end === 'reached' ? {} : { unseen: isUnseen ? ('all' as const) : ('rest' as const) };
  return { ...inner, ...outer, ...unseen, findings: [...findings.list, ...inner.findings] };
}

/** The whole of what came in some wrapper, held against the name that it came under. */
export function asNamed(inspection: Inspection, name: string | undefined, compression: Compression | undefined): Inspection {
  const findings = gathered();
  const isDecided = inspection.findings.some(({ level, code }) => level === 'reject' && (decisive.has(code) || code === 'name'));
  if (name !== undefined && !isDecided)
    checkExtension(name, { format: inspection.format, compression, whole: true }, findings.report);
  return findings.list.length === 0 ? inspection : { ...inspection, findings: [...inspection.findings, ...findings.list] };
}

/** What was found inside of a wrapper, of a file of that many bytes. */
export const inWrapper = (inner: Inspection, compression: Compression, fileBytes: number): Inspection => ({
  ...inner,
  compression,
  fileBytes,
});

const ofWrapper = (finding: Finding): Finding => (finding.ends ? { ...finding, ends: 'wrapper' } : finding);

async function* bytesOf(source: RandomSource): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < source.size; at += inputBytes)
    yield readFully(source, at, Math.min(inputBytes, source.size - at), 'the file');
}

interface Gathered {
  readonly list: Finding[];
  readonly report: Report;
  /** Runs something that may throw a refusal, which becomes a finding too; nothing comes back then. */
  during<Result>(work: () => Promise<Result>): Promise<Result | undefined>;
}

/** Every code once: a broken table may be wrong in a thousand places. */
function gathered(): Gathered {
  const list: Finding[] = [];
  const add = (finding: Finding) => {
    if (!list.some((each) => each.code === finding.code)) list.push(finding);
  };
  const adder = (level: Finding['level']) => (code: FindingCode, message: string, cure?: string) =>
    add({ level, code, message, ...(cure === undefined ? {} : { cure }) });
  return {
    list,
    report: { reject: adder('reject'), warn: adder('warn') },
    async during(work) {
      try {
        return await work();
      } catch (error) {
        const finding = findingOf(error);
        if (finding !== undefined) add(finding);
        else if (!(error instanceof BeyondPrefix)) throw error;
        return undefined;
      }
    },
  };
}

import type { Bytes } from '../core/http.ts';
import { packedDisk } from './formats/index.ts';
import type { Inspection } from './formats/inspection.ts';
import { readFully } from './formats/byte-reader.ts';
import type { RandomSource } from './extents.ts';
import type { Source } from './source.ts';

const chunkBytes = 1 << 20;

/**
 * The compressed disk in an appliance on this machine, as a source of its own that is read like any compressed file; absent where that
 * is not what the file is. It has no name that could promise anything, and no digests: those of the file are the archive's.
 */
export async function archivedDisk(archive: Source, { format, findings }: Inspection): Promise<Source | undefined> {
  const isPacked = (format === 'ova' || format === 'tar') && findings.some(({ code }) => code === 'nested_wrapper');
  const member = isPacked && archive.random && archive.near ? await packedDisk(archive.random) : undefined;
  if (!member) return undefined;
  return {
    name: archive.name,
    bytes: member.bytes,
    repeatable: true,
    near: true,
    random: member.source,
    archive,
    open: (from = 0, to = member.bytes - 1) => bytesOf(member.source, from, to, archive.name),
    close: () => archive.close(),
  };
}

async function* bytesOf(source: RandomSource, from: number, to: number, name: string): Bytes {
  for (let at = from; at <= to; at += chunkBytes) yield readFully(source, at, Math.min(chunkBytes, to + 1 - at), name);
}

import type { Run } from '../extents.ts';
import { crc32Append } from './crc32.ts';
import { deflateUnit } from './deflate.ts';
import { readRun } from './disk-observer.ts';
import { gatherStreams, type Joined } from './deflate-join.ts';
import type { DeflateJoiner } from './deflate-joiner.ts';

type DeflateRun = Extract<Run, { kind: 'deflate' }>;

/**
 * The deflate data of `runs`, joined without compressing it again. Whatever is odd about the data: the runs are read and
 * deflated at `level` instead. Throws what reading throws, and where the joiner has died.
 */
export async function reuseDeflate(runs: readonly DeflateRun[], level: number, joiner: DeflateJoiner): Promise<Joined> {
  const streams = await Promise.all(runs.map(async (run) => ({ bytes: await run.deflated(), guest: run.length })));
  const joined = await joiner.join(gatherStreams(streams));
  if (joined !== undefined) return joined;
  const guest = Buffer.concat(await Promise.all(runs.map(readRun)));
  return { guest, crc: crc32Append(0, guest), deflated: await deflateUnit(guest, level) };
}

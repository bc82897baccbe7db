import { canStream, readRuns, streamRuns, decompress } from '../formats/index.ts';
import { decompressionLimitBytes } from '../full-scan.ts';
import { useOf } from '../plan.ts';
import type { StagingRequest, Staged } from '../staging.ts';
import { isSound } from '../virtual-disk.ts';
import { contentIdOf } from '../writers/content-id.ts';
import { diskBytes } from './disk-bytes.ts';

/** A source that is not read yet, or is by now. */
export interface Reading {
  readonly now: Pick<Staged, 'seen' | 'judgement'>;
  /** It is being made ready, or is. */
  readonly isBegun: boolean;
  ready(): Promise<Staged>;
}

/** Content id of a disk that was not seen on its way. Absent where it cannot be told without fetching the source once more. */
export async function diskId(asked: StagingRequest, reading: Reading): Promise<string | undefined> {
  const { seen, judgement } = asked;
  if (seen.source.contentId !== undefined) return seen.source.contentId;
  // A temporary file that has to be made anyway can be looked into now.
  const isFileAnyway = judgement.plan.spoolInput && (reading.isBegun || useOf(judgement.plan) !== 'asIs');
  if (!isSound(reading.now.seen.inspection) || !(seen.source.near || isFileAnyway)) return undefined;
  return idOf(await reading.ready(), asked);
}

async function idOf(from: Staged, asked: StagingRequest): Promise<string | undefined> {
  const { signal } = asked.means;
  const { source, inspection } = from.seen;
  if (from.contentId !== undefined) return from.contentId;
  if (from.guest)
    return isSound(from.guest.inspection) ? contentIdOf(readRuns(from.guest.random, from.guest.inspection), signal) : undefined;
  const { compression } = inspection;
  if (!canStream(inspection) || !compression || !source.repeatable) return undefined;
  const isUnwrapped = from.judgement.plan.unwrap !== undefined;
  const bytes = isUnwrapped ? diskBytes(from, asked, []) : decompress(compression, source.open(), decompressionLimitBytes);
  return contentIdOf(streamRuns(bytes, inspection), signal);
}

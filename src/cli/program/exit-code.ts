import { partialError } from '../../core/errors.ts';
import type { LazyJournal } from '../../engine/journal/lazy-journal.ts';
import { printError } from '../../ui/error-message.ts';
import type { Io } from '../../ui/io.ts';
import type { ProgressDisplay } from '../../ui/progress.ts';

/** How a run ends: its status so far, and the exit code that the last failure shown has told. */
export interface RunStatus {
  status: number;
  told?: number;
  journal?: LazyJournal;
  /** All of its failures, the one that ended it last. */
  readonly failures: unknown[];
}

/** A run in hand: what shows how it goes, how it ends, and what was typed. */
export interface RunInHand {
  readonly progress: ProgressDisplay;
  readonly ending: RunStatus;
  readonly words: readonly string[];
}

/** The exit status of a run. Scripts read the last JSON error: where that told another status, one more tells this one. */
export async function exitCodeOf(ending: RunStatus, signal: AbortSignal, json: boolean, io: Io): Promise<number> {
  const { aborted, reason } = signal;
  const status = ending.status !== 0 && aborted && typeof reason === 'number' ? reason : ending.status;
  if (json && ending.told !== undefined && ending.told !== status)
    await printError(partialError('some operations failed'), { json, debug: false, exitCode: status }, io);
  return status;
}

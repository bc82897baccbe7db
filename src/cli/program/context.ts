import type { ImgctlError } from '../../core/errors.ts';
import type { Description } from '../../core/operation.ts';
import type { Account } from '../../engine/account/account.ts';
import type { Discovered } from '../../engine/account/discover.ts';
import type { Resumption } from '../../engine/journal/resume.ts';
import type { Outcome } from './outcome.ts';
import type { EngineContext } from '../../engine/context.ts';
import type { Io } from '../../ui/io.ts';
import type { ProgressDisplay } from '../../ui/progress.ts';
import type { CommandEntry } from './shape.ts';
import type { Settings } from './settings.ts';
import type { Needs } from './shape.ts';

/** What was typed or called, to be run once more. */
export interface Rerun {
  /** What was said of the image. */
  labels(): Omit<Description, 'name'>;
  /** Runs it. `isWhole`: nothing of it failed. */
  run(): Promise<{ readonly outcome: Outcome | undefined; readonly isWhole: boolean }>;
}

/** What every command is handed: the engine's context, and the terminal. */
export interface Surface extends EngineContext {
  readonly io: Io;
  readonly settings: Settings;
  /** Every command there is, for help and completion. */
  readonly commands: readonly CommandEntry[];
  readonly progress: ProgressDisplay;
  /** Shows a failure that does not end the command; the command then ends with PARTIAL. */
  report(error: unknown): Promise<void>;
  /** The same for the only thing it did: the command ends with the failure's own exit status. */
  reportAs(error: ImgctlError): Promise<void>;
  /** A line on stderr for a person; nothing when quiet, or when the result is for a machine. */
  say(message: string): void;
  /** A line on stderr about what is being done; only where more is to be said (`--verbose`). */
  detail(message: string): void;
  /** All of standard input as text. Throws USAGE if it is a terminal. */
  readStdin(): Promise<string>;
  /** Bytes for standard output; resolves when they have been taken. Throws PipeClosed when nobody reads any more. */
  stdoutBytes(bytes: Uint8Array): Promise<void>;
  /**
   * Asks, unless nothing will be changed, or throws USAGE naming `--yes` where nobody can answer. `lockedProfile`: the answer
   * must be its name whether or not `--yes` was given, and without a terminal it is a CONFLICT, also where nothing will be changed. `details` are shown before a
   * question that is really asked.
   */
  confirm(question: string, lockedProfile?: string, details?: () => Promise<string>): Promise<void>;
  discover(): Promise<readonly Discovered[]>;
  /** The command, or the call, of an earlier run, to go on with it. Throws USAGE where what was typed is no command. */
  rerun(resumption: Resumption): Promise<Rerun>;
}

/** The surface, and the accounts that the command's `needs` open. */
export interface Context<N extends Needs> extends Surface {
  /**
   * Opens a profile for one end of the command. Throws UNSUPPORTED before any request where the provider lacks a verb
   * that the command needs there.
   */
  at<End extends keyof N & string>(end: End, profile: string): Promise<Account<N[End][number]>>;
}

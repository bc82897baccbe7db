import type { Driver, Tools } from '../../core/driver.ts';
import type { ImgctlError } from '../../core/errors.ts';
import type { Bytes } from '../../core/http.ts';
import type { Call } from '../../core/operation.ts';
import type { Home } from '../../host/folders.ts';
import type { Redactor } from '../../http/redact.ts';
import type { ProfileStore } from '../../profiles/store.ts';
import type { Io } from '../../ui/io.ts';
import type { ProgressDisplay } from '../../ui/progress.ts';
import type { At, CommandEntry, Needs } from './command.ts';
import type { ProfileDirectory } from '../../engine/account/registry.ts';
import type { Discovered } from '../../engine/account/discover.ts';
import type { Settings } from './settings.ts';

/** The providers, by name: each is loaded when it is asked for. */
export interface DriverList {
  readonly names: readonly string[];
  /** The provider that works without any profile. */
  readonly usual: string;
  /** Absent: there is no such provider. */
  load(name: string): Promise<Driver> | undefined;
}

/** What every command is handed. */
export interface Surface {
  readonly io: Io;
  readonly home: Home;
  readonly settings: Settings;
  readonly drivers: DriverList;
  /** Every command there is, for help and completion. */
  readonly commands: readonly CommandEntry[];
  readonly store: ProfileStore;
  readonly directory: ProfileDirectory;
  readonly progress: ProgressDisplay;
  readonly signal: AbortSignal;
  /** Knows the secrets that have gone over the wire: stderr is kept free of them, whoever quotes them. */
  readonly redactor: Redactor;
  /** Facts for `--version` and the user agent. */
  readonly version: string;
  /** A fresh retry budget; its notes go to the progress display. */
  call(): Call;
  /** An Http and a lock outside any profile, for plain URLs. */
  tools(): Promise<Tools>;
  /** Shows a failure that does not end the command; the command then ends with PARTIAL. */
  report(error: unknown): Promise<void>;
  /** The same for the only thing it did: the command ends with the failure's own exit status. */
  reportAs(error: ImgctlError): Promise<void>;
  warn(message: string): void;
  /** A line on stderr for a person; nothing when quiet, or when the result is for a machine. */
  say(message: string): void;
  /** A line on stderr about what is being done; only where more is to be said (`--verbose`). */
  detail(message: string): void;
  /** All of standard input as text. Throws USAGE if it is a terminal. */
  readStdin(): Promise<string>;
  /** Standard input as it comes. */
  stdinBytes(): Bytes;
  /** Bytes for standard output; resolves when they have been taken. Throws PipeClosed when nobody reads any more. */
  stdoutBytes(bytes: Uint8Array): Promise<void>;
  /**
   * Asks, unless nothing will be changed, or throws USAGE naming `--yes` where nobody can answer. `lockedProfile`: the answer
   * must be its name whether or not `--yes` was given, and without a terminal it is a CONFLICT. `details` are shown before a
   * question that is really asked.
   */
  confirm(question: string, lockedProfile?: string, details?: () => Promise<string>): Promise<void>;
  discover(): Promise<readonly Discovered[]>;
}

/** The surface, and the accounts that the command's `needs` open. */
export interface Context<N extends Needs> extends Surface {
  /**
   * Opens a profile for one end of the command. Throws UNSUPPORTED before any request where the provider lacks a verb
   * that the command needs there.
   */
  at<End extends keyof N & string>(end: End, profile: string): Promise<At<N[End][number]>>;
}

import type { DriverList } from '../../engine/context.ts';
import type { Home } from '../../host/paths.ts';
import type { Redactor } from '../../core/redact.ts';
import type { Io } from '../../ui/io.ts';

/** What the program stands in: everything it knows of the process it runs in. */
export interface World {
  readonly io: Io;
  readonly home: Home;
  readonly drivers: DriverList;
  readonly version: string;
  /** Aborted by Ctrl-C, SIGTERM and SIGHUP; the reason is the exit status, 130, 143 or 129. */
  readonly signal: AbortSignal;
  /** All of standard input. */
  readStdin(): AsyncIterable<Uint8Array>;
  /** Bytes for standard output. */
  writeStdout(bytes: Uint8Array): Promise<void>;
  /** Takes what shows an error that nobody has caught, without secrets, and gives the exit status. It never throws. */
  onCrash?(show: (error: unknown) => Promise<number>): void;
}

/** A world whose stderr shows none of the secrets that the redactor knows. */
export interface QuietWorld extends World {
  readonly redactor: Redactor;
}

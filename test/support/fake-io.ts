import { PassThrough } from 'node:stream';
import { PipeClosed, type Input, type Io, type Sink } from '../../src/ui/io.ts';

/** What may be different about a fake terminal. `terminal`: all three streams are one. Default: pipes, no colour. */
export interface FakeSettings {
  readonly terminal?: boolean;
  readonly stdoutIsTerminal?: boolean;
  readonly stderrIsTerminal?: boolean;
  readonly columns?: number;
  readonly color?: boolean;
  readonly unicode?: boolean;
  /** The clock, ms since 1970; default `Date.now`, so that fake timers move it. */
  readonly now?: () => number;
  /** Stdout is closed by its reader after so many writes. */
  readonly stdoutClosesAfter?: number;
}

export interface FakeIo extends Io {
  /** All that was written to stdout so far. */
  readonly out: string;
  readonly err: string;
  /** Each write to stdout. */
  readonly writes: readonly string[];
  readonly stdin: Input & PassThrough;
}

/** An Io that keeps what is written and types nothing by itself: write to `stdin` to answer. */
export function fakeIo(settings: FakeSettings = {}): FakeIo {
  const { terminal = false, columns = terminal ? 80 : 0, color = false, unicode = true } = settings;
  const outWrites: string[] = [];
  const errWrites: string[] = [];
  const keep = (into: string[], closesAfter = Number.POSITIVE_INFINITY): Sink => ({
    async write(text) {
      if (into.length >= closesAfter) throw new PipeClosed('closed by the test');
      into.push(text);
    },
  });
  return {
    stdout: keep(outWrites, settings.stdoutClosesAfter),
    stderr: keep(errWrites),
    stdin: new PassThrough(),
    stdoutIsTerminal: settings.stdoutIsTerminal ?? terminal,
    stderrIsTerminal: settings.stderrIsTerminal ?? terminal,
    stdinIsTerminal: terminal,
    columns,
    stderrColumns: columns,
    color,
    errorColor: color,
    unicode,
    now: settings.now ?? Date.now,
    get out() {
      return outWrites.join('');
    },
    get err() {
      return errWrites.join('');
    },
    get writes() {
      return outWrites;
    },
  };
}

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
  /** Hears each write to stderr as it is made: so that a test knows how far a run is. */
  readonly hears?: (text: string) => void;
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
  const keep = (
    into: string[],
    { closesAfter = Number.POSITIVE_INFINITY, hears = (_text: string): void => undefined },
  ): Sink => ({
    async write(text) {
      if (into.length >= closesAfter) throw new PipeClosed('closed by the test');
      into.push(text);
      hears(text);
    },
  });
  const { stdoutClosesAfter, hears } = settings;
  return {
    stdout: keep(outWrites, stdoutClosesAfter === undefined ? {} : { closesAfter: stdoutClosesAfter }),
    stderr: keep(errWrites, hears ? { hears } : {}),
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

/** For whoever does something once a run is so far: `hears` of its settings, and what is there as soon as words that fit were written to stderr. */
export function listenFor(words: RegExp): { readonly hears: (text: string) => void; readonly heard: Promise<void> } {
  let tell: () => void = () => undefined;
  const heard = new Promise<void>((resolve) => (tell = resolve));
  return { hears: (text) => void (words.test(text) && tell()), heard };
}

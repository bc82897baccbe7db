import { localError } from '../core/errors.ts';
import { reasonOf } from '../host/system-error.ts';

/**
 * Where text goes. `write` hands the text on at once and resolves when it has been taken: wait for it and nothing
 * piles up. Throws `PipeClosed` when nobody reads any more, LOCAL when it cannot be written (disk full).
 */
export interface Sink {
  write(text: string): Promise<void>;
}

/** Where answers come from; on a terminal it can turn off the echo. */
export type Input = NodeJS.ReadableStream & { setRawMode?(raw: boolean): unknown };

/** The program's connection with its user, and the facts about it. They are read once, at the start. */
export interface Io {
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** Absent: nothing can be asked. */
  readonly stdin: Input | undefined;
  readonly stdoutIsTerminal: boolean;
  readonly stderrIsTerminal: boolean;
  readonly stdinIsTerminal: boolean;
  /** Width of the terminal behind stdout in characters; 0 where it is not known. */
  readonly columns: number;
  readonly stderrColumns: number;
  /** Whether stdout may be coloured. */
  readonly color: boolean;
  readonly errorColor: boolean;
  /** Whether signs beyond ASCII can be shown. */
  readonly unicode: boolean;
  /** Milliseconds since 1970. */
  now(): number;
}

/** The reader at the other end of the pipe has gone (`imgctl list | head -1`): not a failure, and nothing more to say. */
export class PipeClosed extends Error {
  override readonly name = 'PipeClosed';
}

const gone = new Set(['EPIPE', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END']);

/** A sink over a stream such as stdout. From then on the stream's own errors end no process. */
export function createSink(stream: NodeJS.WritableStream): Sink {
  // Without a listener an EPIPE would end the process with a stack trace; the callback of `write` tells it all the same.
  stream.on('error', () => {});
  return {
    write: (text) =>
      new Promise((resolve, reject) => {
        stream.write(text, (error?: NodeJS.ErrnoException | null) => (error ? reject(writeError(error)) : resolve()));
      }),
  };
}

/** What a failed write means: `PipeClosed` when nobody reads any more, else LOCAL. */
export function writeError(cause: NodeJS.ErrnoException): Error {
  if (gone.has(cause.code ?? '')) return new PipeClosed('nobody reads the output any more', { cause });
  return localError(`cannot write to standard output: ${reasonOf(cause)}`, { cause });
}

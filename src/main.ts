import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { run } from './cli/program/run.ts';
import type { World } from './cli/program/world.ts';
import { homeOf } from './host/paths.ts';
import { driverList } from './engine/driver-list.ts';
import { createSink, writeError, type Io } from './ui/io.ts';
import packageJson from '../package.json' with { type: 'json' };

type Process = typeof process;

export const version: string = packageJson.version;

/** Runs the command line of a process and sets its exit status. */
export async function main(process: Process): Promise<void> {
  const stopping = new AbortController();
  for (const [signal, status] of signals) process.on(signal, () => stop(process, stopping, status));
  // A terminal that is closed while it is read fails; the signal that comes with it says what to do.
  process.stdin.on('error', () => {});
  const terminals = standardFiles.filter((file) => isatty(file));
  process.on('exit', (status) => {
    // That the terminal is gone may be seen, by reading or writing, before the signal is.
    const isGone = stopping.signal.reason === hangUp || terminals.some((file) => !isatty(file));
    if (status !== 0 && isGone) process.exitCode = hangUp;
    closeLost(terminals);
  });
  // Node itself would print the error as it is, with whatever secrets are in it.
  let show: ((error: unknown) => Promise<number>) | undefined;
  const crash = (error: unknown): void => void (show?.(error) ?? Promise.resolve(1)).then((status) => process.exit(status));
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
  // It would print warnings of packages too, past --quiet, with what they quote; they tell nothing that a user could act upon.
  process.removeAllListeners('warning').on('warning', () => undefined);
  const world: World = {
    io: ioOf(process),
    home: homeOf(process),
    drivers: driverList,
    version,
    signal: stopping.signal,
    readStdin: () => process.stdin,
    writeStdout: (bytes) => writeTo(process.stdout, bytes),
    onCrash: (shower) => void (show = shower),
  };
  // Whoever waits for what never comes is not done, though nothing is pending any more.
  let ended = false;
  process.once('beforeExit', () => {
    if (ended) return;
    process.exitCode = 1;
    process.stderr.write('imgctl: internal error: it ended before it was done\n');
  });
  const status = await run(process.argv.slice(2), world);
  ended = true;
  process.exitCode = status;
  // A stdin that was opened, and never read to its end, would keep the process alive.
  process.stdin.unref?.();
}

/** The terminal was closed, or the connection to it was lost. */
const hangUp = 129;
const signals = [
  ['SIGHUP', hangUp],
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const;
/** A signal sent to a process and to its group comes twice at once: that is one wish to stop, not two. */
const echoMs = 1000;
let stoppedAt = 0;

/**
 * The first signal stops what is going on and undoes it; whoever sends another one later does not want to wait for that. A
 * terminal that was closed sends none for that reason: nobody is there.
 */
function stop(process: Process, stopping: AbortController, status: number): void {
  if (stopping.signal.aborted && status !== hangUp && Date.now() - stoppedAt > echoMs) process.exit(status);
  if (!stopping.signal.aborted) stoppedAt = Date.now();
  stopping.abort(status);
}

const standardFiles = [0, 1, 2] as const;

/** Node resets at its end the terminals that it began with, and aborts where one is gone that was not closed. */
function closeLost(terminals: readonly number[]): void {
  for (const file of terminals)
    try {
      if (!isatty(file)) closeSync(file);
    } catch {
      // It was closed before.
    }
}

function ioOf({ stdin, stdout, stderr, env, platform }: Process): Io {
  const dumb = env.TERM === 'dumb';
  const forced = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '' && env.FORCE_COLOR !== '0';
  const color = (terminal: boolean): boolean => forced || (terminal && !dumb && !env.NO_COLOR);
  return {
    stdout: createSink(stdout),
    stderr: createSink(stderr),
    stdin,
    stdoutIsTerminal: stdout.isTTY === true,
    stderrIsTerminal: stderr.isTTY === true && !dumb,
    stdinIsTerminal: stdin.isTTY === true,
    columns: stdout.columns ?? 0,
    stderrColumns: stderr.columns ?? 0,
    color: color(stdout.isTTY === true),
    errorColor: color(stderr.isTTY === true),
    unicode: platform === 'win32' || /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || ''),
    now: () => Date.now(),
  };
}

function writeTo(stream: NodeJS.WritableStream, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(bytes, (error) => (error ? reject(writeError(error)) : resolve()));
  });
}

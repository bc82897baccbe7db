import { run, type World } from './cli/run.ts';
import type { DriverList } from './cli/context.ts';
import { homeOf } from './host/folders.ts';
import { drivers, usualDriver } from './drivers/index.ts';
import { createSink, writeError, type Io } from './ui/io.ts';
import packageJson from '../package.json' with { type: 'json' };

type Process = typeof process;

/** Every provider there is, loaded one by one. */
export const driverList: DriverList = {
  names: Object.keys(drivers).sort(),
  usual: usualDriver,
  load: (name) =>
    Object.hasOwn(drivers, name) ? drivers[name as keyof typeof drivers]().then((module) => module.default) : undefined,
};

export const version: string = packageJson.version;

/** Runs the command line of a process and sets its exit status. */
export async function main(process: Process): Promise<void> {
  const stopping = new AbortController();
  for (const [signal, status] of signals) process.on(signal, () => stop(process, stopping, status));
  // Node itself would print the error as it is, with whatever secrets are in it.
  let show: ((error: unknown) => Promise<number>) | undefined;
  const crash = (error: unknown): void => void (show?.(error) ?? Promise.resolve(1)).then((status) => process.exit(status));
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
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
  process.exitCode = await run(process.argv.slice(2), world);
  // A stdin that was opened, and never read to its end, would keep the process alive.
  process.stdin.unref?.();
}

const signals = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const;
/** A signal sent to a process and to its group comes twice at once: that is one wish to stop, not two. */
const echoMs = 1000;
let stoppedAt = 0;

/** The first signal stops what is going on and undoes it; whoever sends another one later does not want to wait for that. */
function stop(process: Process, stopping: AbortController, status: number): void {
  if (stopping.signal.aborted && Date.now() - stoppedAt > echoMs) process.exit(status);
  if (!stopping.signal.aborted) stoppedAt = Date.now();
  stopping.abort(status);
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

import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { run } from '../../src/cli/program/run.ts';
import { PipeClosed } from '../../src/ui/io.ts';
import { checkPrintedImages } from './image-schema.ts';
import { offlineDrivers } from './offline-publishers.ts';
import { fakeIo, type FakeIo, type FakeSettings } from './fake-io.ts';
import type { DriverList } from '../../src/engine/context.ts';
import { closingFiles } from './open-files.ts';

/** How a command line is run. Whatever is not named is empty: no environment, no terminal, no input. */
export interface CliSettings extends FakeSettings {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string | Uint8Array;
  /** What is typed on the terminal, one line for each question; at a question without an answer the input ends. */
  readonly answers?: readonly string[];
  /** Absent: all of them, and publishers that are nowhere. */
  readonly drivers?: DriverList;
  readonly signal?: AbortSignal;
  /** Nobody takes the bytes that are written to stdout. */
  readonly stdoutBytesClosed?: boolean;
  /** Nobody reads what is written to stdout: `imgctl … | true`. */
  readonly stdoutClosed?: boolean;
}

export interface CliResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
  /** Bytes written to stdout as bytes (`download IMAGE -`). */
  readonly bytes: Buffer;
  /** stdout as JSON. */
  json(): unknown;
}

/** A home folder with its own profile store, data and temporary folder, to run command lines in. */
export interface CliHome {
  readonly folder: string;
  run(args: readonly string[], settings?: CliSettings): Promise<CliResult>;
  remove(): Promise<void>;
}

/** Makes an empty home in a temporary folder. Whatever a command line prints there as JSON is held against the schema of images. */
export function cliHome(): CliHome {
  const folder = mkdtempSync(path.join(tmpdir(), 'imgctl-test-'));
  return {
    folder,
    run: (args, settings = {}) => runIn(folder, args, settings),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

const question = /: (?:\S\[\d*[A-Za-z])*$/;

/** Puts somebody at the terminal who answers each question. */
function answer(io: FakeIo, answers: readonly string[]): void {
  const left = [...answers];
  const { stderr } = io;
  const listening = {
    async write(text: string) {
      await stderr.write(text);
      if (!question.test(text)) return;
      const line = left.shift();
      setImmediate(() => (line === undefined ? io.stdin.end() : io.stdin.write(`${line}\n`)));
    },
  };
  Object.assign(io, { stderr: listening });
}

/**
 * A bar, and the signs that take it away again. It is drawn of what takes a while: whether it was there is a matter of the machine's
 * speed, and in the end nothing of it is on the screen.
 */
const drawnOver = /\u001B\[\?2026h[^]*?\u001B\[\?2026l|\u001B\[(?:\?25[hl]|1G|2K|1A)/g;

async function runIn(folder: string, args: readonly string[], settings: CliSettings): Promise<CliResult> {
  const io = fakeIo(settings);
  answer(io, settings.answers ?? []);
  if (settings.stdoutClosed) io.stdout.write = () => Promise.reject(new PipeClosed('closed by the test'));
  const written: Buffer[] = [];
  const exitCode = await closingFiles(() =>
    run(args, {
      io,
      home: { env: { TMPDIR: folder, ...settings.env }, home: folder, platform: 'linux' },
      drivers: settings.drivers ?? offlineDrivers,
      version: '0.0.0-test',
      signal: settings.signal ?? new AbortController().signal,
      readStdin: async function* () {
        if (settings.stdin !== undefined) yield Buffer.from(settings.stdin);
      },
      writeStdout: async (bytes) => {
        if (settings.stdoutBytesClosed) throw new PipeClosed('closed by the test');
        written.push(Buffer.from(bytes));
      },
    }),
  );
  if (exitCode === 0 && written.length === 0) checkPrintedImages(args, settings.env ?? {}, io.out);
  const stderr = io.stderrIsTerminal ? io.err.replaceAll(drawnOver, '') : io.err;
  return { stdout: io.out, stderr, exitCode, bytes: Buffer.concat(written), json: () => JSON.parse(io.out) as unknown };
}

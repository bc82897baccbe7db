import { execFile } from 'node:child_process';
import type { Home } from './paths.ts';

interface Limits {
  readonly limitMs: number;
  /** Bytes that it may print. */
  readonly mostOutput: number;
  readonly signal?: AbortSignal;
}

const usual: Limits = { limitMs: 10_000, mostOutput: 1024 * 1024 };

/** `status` is absent when it could not be started, was ended by a signal or did not end in time. */
interface Ending {
  readonly status?: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program with `stdin` as its input, within the limits (default: 10 s, 1 MiB), and gives how it ended and what it printed. */
export function runProgram(
  program: string,
  args: readonly string[],
  stdin: string,
  env: Home['env'],
  { limitMs: timeout, mostOutput: maxBuffer, signal }: Limits = usual,
): Promise<Ending> {
  return new Promise((resolve) => {
    const child = execFile(program, args, { env, timeout, maxBuffer, ...(signal ? { signal } : {}) }, (error, stdout, stderr) => {
      const status = error ? error.code : 0;
      resolve(typeof status === 'number' ? { status, stdout, stderr } : { stdout, stderr });
    });
    // A program that does not read its input closes it, which is its own affair.
    child.stdin?.on('error', () => undefined).end(stdin);
  });
}

import { execFile } from 'node:child_process';
import type { Home } from './paths.ts';

const limitMs = 10_000;
const mostOutput = 1024 * 1024;

/**
 * Runs a program with `stdin` as its input, for at most 10 s, and gives its exit status and what it printed on stdout.
 * `status` is absent when it could not be started, was ended by a signal or did not end in time.
 */
export function runProgram(
  program: string,
  args: readonly string[],
  stdin: string,
  env: Home['env'],
): Promise<{ readonly status?: number; readonly stdout: string }> {
  return new Promise((resolve) => {
    const child = execFile(program, args, { env, timeout: limitMs, maxBuffer: mostOutput }, (error, stdout) => {
      const status = error ? error.code : 0;
      resolve(typeof status === 'number' ? { status, stdout } : { stdout });
    });
    // A program that does not read its input closes it, which is its own affair.
    child.stdin?.on('error', () => undefined).end(stdin);
  });
}

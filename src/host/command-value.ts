import { execFile } from 'node:child_process';
import { configError } from '../core/errors.ts';
import type { Home } from './folders.ts';

const commandLimitMs = 60_000;

/** The first line that a shell command prints, trimmed. Throws CONFIG, without quoting what it printed, when it fails or prints nothing. */
export function ofCommand(command: string, field: string, at: Home): Promise<string> {
  const shell = at.platform === 'win32' ? ['cmd.exe', '/d', '/s', '/c'] : ['/bin/sh', '-c'];
  const [program = '', ...before] = shell;
  return new Promise((resolve, reject) => {
    execFile(program, [...before, command], { env: at.env, timeout: commandLimitMs, maxBuffer: 1024 * 1024 }, (error, stdout) => {
      // Password managers print the secret on the first line, and notes behind it.
      const value = (stdout.trimStart().split('\n', 1)[0] ?? '').trimEnd();
      if (!error && value !== '') return resolve(value);
      const status = error
        ? error.killed
          ? `timed out after ${commandLimitMs / 1000} s`
          : `exited with status ${error.code}`
        : 'printed nothing';
      reject(
        configError(`${field}: the command ${status}`, {
          hint: 'Run it by hand to see why: imgctl profile show shows where it is.',
        }),
      );
    });
  });
}

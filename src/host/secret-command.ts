import { spawn } from 'node:child_process';
import { abortedError, configError } from '../core/errors.ts';
import type { Home } from './paths.ts';

import { timerMs } from '../core/quantity.ts';

const mostOutput = 1024 * 1024;

/** How a command ended. `why`: what went wrong; absent where it ended well. */
interface Ending {
  readonly printed: string;
  readonly why?: string;
}

/**
 * The first line that a shell command prints, trimmed. Somebody at the terminal may be asked by it, as long as it takes him; else its
 * input is at its end, and its time limited. Throws CONFIG, without quoting what it printed, when it fails, prints nothing or
 * is not done in time; ABORTED when the run is stopped. It is killed then, with all that it began.
 */
export async function secretFromCommand(command: string, field: string, at: Home, asking: ResolveOptions): Promise<string> {
  const { printed, why } = await ended(command, at, asking);
  if (asking.signal.aborted) throw abortedError(`interrupted while the command for ${field} ran`);
  // Password managers print the secret on the first line, and notes behind it.
  const value = (printed.trimStart().split('\n', 1)[0] ?? '').trimEnd();
  if (why === undefined && value !== '') return value;
  throw configError(`${field}: the command ${why ?? 'printed nothing'}`, {
    hint: 'Run it by hand to see why: imgctl profile show shows where it is.',
  });
}

function ended(command: string, at: Home, { signal, limitMs, isInteractive }: ResolveOptions): Promise<Ending> {
  if (signal.aborted) return Promise.resolve({ printed: '' });
  const windows = at.platform === 'win32';
  const [program, ...before] = windows ? ['cmd.exe', '/d', '/s', '/c'] : ['/bin/sh', '-c'];
  // In a group of its own it would have no terminal to ask at.
  const leads = !windows && !isInteractive;
  const theirs = isInteractive ? 'inherit' : 'ignore';
  return new Promise((resolve) => {
    const child = spawn(program ?? '', [...before, command], {
      env: at.env,
      stdio: [theirs, 'pipe', theirs],
      detached: leads,
      windowsVerbatimArguments: windows,
    });
    let printed = '';
    const kill = (): void => {
      try {
        if (leads && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
        else child.kill(isInteractive ? 'SIGTERM' : 'SIGKILL');
      } catch {
        // It is gone already.
      }
    };
    const end = (why?: string): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
      // What got away from the group may hold it open.
      child.stdout.destroy();
      resolve({ printed, ...(why === undefined ? {} : { why }) });
    };
    const stop = (why: string): void => {
      kill();
      end(why);
    };
    const giveUp = (): void => stop('was interrupted');
    const timer = isInteractive ? undefined : setTimeout(() => stop(`timed out after ${timeOf(limitMs)}`), timerMs(limitMs));
    signal.addEventListener('abort', giveUp, { once: true });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      if (printed.length > mostOutput) stop('printed more than 1 MiB');
    });
    child.once('error', ({ message }) => end(`could not be started: ${message}`));
    child.once('close', (status, by) =>
      end(by ? `was ended by ${by}` : status === 0 ? undefined : `exited with status ${status}`),
    );
  });
}

const timeOf = (ms: number): string => (ms < 1000 ? `${ms} ms` : `${ms / 1000} s`);

/** How a value that is kept elsewhere is asked for. */
export interface ResolveOptions {
  /** Is told of a file that other users can read. */
  readonly warn: (message: string) => void;
  /** Stops a command, and the reading of a pipe. */
  readonly signal: AbortSignal;
  /** How long a command may take where nobody can be asked by it, and a pipe. */
  readonly limitMs: number;
  /** Somebody is at a terminal: a command may ask for a passphrase. */
  readonly isInteractive: boolean;
}

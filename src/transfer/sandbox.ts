import { spawn, spawnSync } from 'node:child_process';

/** What a program may use up. */
export interface ResourceLimits {
  /** Milliseconds until it is killed; so many of its own CPU, too, should we be killed before it. */
  readonly limitMs: number;
  /** Address space. */
  readonly memoryBytes: number;
  /** Length of any file that it writes. */
  readonly fileBytes?: number | undefined;
}

/** How a program ended. `told`: the last it said on stderr, or why it could not be started. */
export interface ProcessExit {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly told: string;
  readonly outOfTime: boolean;
}

const longestTold = 4096;
const posix = process.platform !== 'win32';
/** Sets what the shell can, leaves out what the system does not have, and becomes the program. Sizes in KiB, and blocks of 512 bytes. */
const shell =
  'ulimit -c 0; ulimit -t "$1"; ulimit -v "$2"; [ "$3" = 0 ] || ulimit -f "$3"; shift 3; export MALLOC_ARENA_MAX=3; exec "$@"';

let alone: readonly string[] | undefined;

/** What puts a program into a network of its own, where this system lets us; else nothing. */
function withoutNetwork(): readonly string[] {
  if (alone) return alone;
  const ways = [
    ['unshare', '-n', '--'],
    ['unshare', '-r', '-n', '--'],
  ];
  const works = ([program = '', ...args]: readonly string[]): boolean =>
    spawnSync(program, [...args, 'true'], { stdio: 'ignore' }).status === 0;
  return (alone = ways.find(works) ?? []);
}

function commandLine(
  program: string,
  args: readonly string[],
  { limitMs, memoryBytes, fileBytes }: ResourceLimits,
): readonly string[] {
  if (!posix) return [program, ...args];
  const limits = [limitMs / 1000, memoryBytes / 1024, (fileBytes ?? 0) / 512].map((limit) => String(Math.ceil(limit)));
  return [...withoutNetwork(), 'sh', '-c', shell, 'sh', ...limits, program, ...args];
}

/**
 * Runs a program with no network and no more than the caps, as far as the system has means for that: on Windows there is the
 * time only. When the promise resolves it has ended, and all that it began: it is killed at once when `signal` fires.
 */
export function runSandboxed(
  program: string,
  args: readonly string[],
  caps: ResourceLimits,
  signal?: AbortSignal,
): Promise<ProcessExit> {
  const [first = program, ...others] = commandLine(program, args, caps);
  return new Promise((resolve) => {
    const child = spawn(first, others, { stdio: ['ignore', 'ignore', 'pipe'], detached: posix, windowsHide: true });
    let told = '';
    let outOfTime = false;
    const kill = (): void => {
      try {
        // It leads a group of its own.
        if (posix && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
        else child.kill('SIGKILL');
      } catch {
        // It is gone already.
      }
    };
    const timer = setTimeout(() => {
      outOfTime = true;
      kill();
    }, caps.limitMs);
    const end = (status: number | null, ended: NodeJS.Signals | null): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', kill);
      resolve({ status, signal: ended, told: told.trim(), outOfTime });
    };
    child.stderr.setEncoding('utf8').on('data', (text: string) => (told = `${told}${text}`.slice(-longestTold)));
    child.once('error', ({ message }) => {
      told = message;
      end(null, null);
    });
    child.once('close', end);
    signal?.addEventListener('abort', kill, { once: true });
    if (signal?.aborted) kill();
  });
}

import { execFile, spawnSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Whether a program is installed here. */
export const isInstalled = (program: string): boolean => spawnSync('/bin/sh', ['-c', `command -v ${program}`]).status === 0;

/** A real terminal, drawn by tmux. */
export interface Pane {
  /** Types text as it is. */
  type(text: string): Promise<void>;
  /** Presses keys by tmux's names: `Enter`, `Tab`, `C-c`. */
  press(...keys: readonly string[]): Promise<void>;
  /** What stands on the screen; `colours`: with the escapes that paint it. */
  screen(colours?: boolean): Promise<string>;
  /** Waits until the screen fits, and gives it. Throws, with the screen, after a minute. */
  until(pattern: RegExp): Promise<string>;
  /** Whether the cursor is shown. */
  cursorIsShown(): Promise<boolean>;
  close(): Promise<void>;
}

let panes = 0;
const limitMs = 60_000;

/** Opens a terminal with a command in it. The command sees nothing of our environment but `env`. */
export async function openPane(
  command: readonly string[],
  {
    env,
    cwd,
    columns = 80,
    rows = 30,
  }: { readonly env: Readonly<Record<string, string>>; readonly cwd: string; readonly columns?: number; readonly rows?: number },
): Promise<Pane> {
  const socket = `imgctl-test-${process.pid}-${(panes += 1)}`;
  const tmux = async (...args: readonly string[]): Promise<string> =>
    (await run('tmux', ['-u', '-L', socket, '-f', '/dev/null', ...args], { env: { PATH: process.env.PATH, LANG: 'C.UTF-8' } }))
      .stdout;
  const all = { TERM: 'tmux-256color', LANG: 'C.UTF-8', ...env };
  const words = ['env', '-i', ...Object.entries(all).map(([name, value]) => `${name}=${value}`), ...command];
  await tmux('new-session', '-d', '-x', String(columns), '-y', String(rows), '-c', cwd, ...words);
  const screen = async (colours = false): Promise<string> => tmux('capture-pane', '-p', ...(colours ? ['-e'] : []));
  return {
    type: async (text) => void (await tmux('send-keys', '-l', '--', text)),
    press: async (...keys) => void (await tmux('send-keys', ...keys)),
    screen,
    async until(pattern) {
      const start = Date.now();
      for (;;) {
        const now = await screen();
        if (pattern.test(now)) return now;
        if (Date.now() - start > limitMs) throw new Error(`${pattern} is not on the screen:\n${now.trimEnd()}`);
        await pause(30);
      }
    },
    cursorIsShown: async () => (await tmux('display-message', '-p', '#{cursor_flag}')).trim() === '1',
    close: async () => void (await tmux('kill-server').catch(() => {})),
  };
}

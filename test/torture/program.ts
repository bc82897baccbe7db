import { spawn } from 'node:child_process';
import { cpSync, existsSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

export interface Ended {
  readonly status: number | null;
  readonly killed: boolean;
  readonly ms: number;
  readonly stderr: string;
}

/** The built program. `env` is what its surroundings hold besides PATH. Killed after so many ms, or by a signal; absent: it is let be. */
export type Program = (
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  killed?: number | AbortSignal,
) => Promise<Ended>;

/** Copies the built program into a folder, for whoever builds meanwhile would take it away in the middle of a run. */
export function copyProgram(folder: string): Program {
  if (!existsSync(path.join(root, 'dist/main.cjs'))) throw new Error('npm run build first: these tests kill the built program');
  for (const part of ['bin', 'dist', 'package.json']) cpSync(path.join(root, part), path.join(folder, part), { recursive: true });
  const bin = path.join(folder, 'bin/imgctl.cjs');
  return (args, env, killed) => {
    const since = performance.now();
    const child = spawn(process.execPath, [bin, ...args], {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
    const kill = (): boolean => child.kill('SIGKILL');
    const timer = typeof killed === 'number' ? setTimeout(kill, killed) : undefined;
    if (typeof killed === 'object') killed.addEventListener('abort', kill, { once: true });
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status, signal) => {
        clearTimeout(timer);
        resolve({ status, killed: signal === 'SIGKILL', ms: performance.now() - since, stderr });
      });
    });
  };
}

/** How long a command takes here and now, so that the moments of death are spread over all of it. */
export async function lengthOf(run: () => Promise<Ended>): Promise<number> {
  await run();
  return (await run()).ms;
}

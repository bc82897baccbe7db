import { spawn } from 'node:child_process';
import { cpSync, existsSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

export interface Ended {
  readonly status: number | null;
  readonly killed: boolean;
  readonly stderr: string;
  /** Acts that it was made of; 0 unless that was asked for (`atAct`) and it was let live. */
  readonly acts: number;
}

/** When the program dies: at a signal, or right before one of its acts, counted from 1 (`die-at.cjs`). */
export type Death = AbortSignal | { readonly atAct: number };

/** The built program. `env` is what its surroundings hold besides PATH. Absent `death`: it is let be. */
export type Program = (args: readonly string[], env: Readonly<Record<string, string>>, death?: Death) => Promise<Ended>;

const dieAt = path.join(import.meta.dirname, 'die-at.cjs');

/** Copies the built program into a folder, for whoever builds meanwhile would take it away in the middle of a run. */
export function copyProgram(folder: string): Program {
  if (!existsSync(path.join(root, 'dist/main.cjs'))) throw new Error('npm run build first: these tests kill the built program');
  for (const part of ['bin', 'dist', 'package.json']) cpSync(path.join(root, part), path.join(folder, part), { recursive: true });
  const bin = path.join(folder, 'bin/imgctl.cjs');
  return (args, env, death) => {
    const act = death && 'atAct' in death ? death.atAct : undefined;
    const child = spawn(process.execPath, [...(act === undefined ? [] : ['--require', dieAt]), bin, ...args], {
      env: { PATH: process.env.PATH, ...env, ...(act === undefined ? {} : { DIE_AT: `${act}` }) },
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    });
    let stderr = '';
    child.stderr?.on('data', (text: Buffer) => (stderr += text.toString()));
    let acts = '';
    child.stdio[3]?.on('data', (text: Buffer) => (acts += text.toString()));
    const kill = (): boolean => child.kill('SIGKILL');
    if (death instanceof AbortSignal) death.addEventListener('abort', kill, { once: true });
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status, signal) => {
        resolve({ status, killed: signal === 'SIGKILL', stderr, acts: Number(acts) });
      });
    });
  };
}

/**
 * Kills a run for certain: before the act at this share of the `acts` that it was made of when it was let be, or, where it was done before that (a run that polls is
 * not made of as many each time), at half of that, and so on: before its first act everybody can be killed. `run` gets everything ready for each try.
 */
export async function killedAt(share: number, acts: number, run: (atAct: number) => Promise<Ended>): Promise<Ended> {
  for (let at = share; ; at /= 2) {
    const ended = await run(1 + Math.floor(at * acts));
    if (ended.killed) return ended;
  }
}

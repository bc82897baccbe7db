import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { isRunning, processId } from '../../src/host/process-id.ts';

const isLinux = process.platform === 'linux';
const stateOf = (pid: number): string => /\) (.)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? '';
const markOf = (pid: number): string => {
  const start = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19] ?? '';
  return processId().replace(/-\d+-\d*$/, `-${pid}-${start}`);
};

it('this process is running; one of another machine is not known', () => {
  expect(isRunning(processId())).toBe(true);
  expect(isRunning('00000000-1-1')).toBeUndefined();
});

it.runIf(isLinux)('a process that has ended is not running, also where its parent has not asked for its end', async () => {
  // The shell starts a process, tells its id, and becomes a program that asks for the end of none.
  const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const pid = await new Promise<number>((resolve) => parent.stdout.once('data', (text) => resolve(Number(String(text)))));
    const mark = markOf(pid);
    expect(isRunning(mark)).toBe(true);
    // As long as it is a shell it may ask.
    await expect.poll(() => readFileSync(`/proc/${parent.pid ?? 0}/comm`, 'utf8').trim()).toBe('sleep');
    process.kill(pid);
    await expect.poll(() => stateOf(pid)).toBe('Z');
    expect(isRunning(mark)).toBe(false);
  } finally {
    parent.kill();
  }
});

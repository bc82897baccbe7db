import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveValue } from '../../src/host/secret-reference.ts';
import type { ResolveOptions } from '../../src/host/secret-command.ts';

const home = { env: { PATH: process.env.PATH }, home: undefined, platform: 'linux' } as const;

let folder = '';
beforeAll(async () => void (folder = await mkdtemp(path.join(tmpdir(), 'imgctl-command-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

const asking = (more: Partial<ResolveOptions> = {}): ResolveOptions => ({
  warn: () => undefined,
  signal: new AbortController().signal,
  limitMs: 5000,
  isInteractive: false,
  ...more,
});
const ask = (target: string, more?: Partial<ResolveOptions>): Promise<string> =>
  resolveValue({ kind: 'cmd', target }, 'token', home, asking(more));

/** Whether the process whose id a command wrote down still runs; a zombie that nobody has asked for does not. */
const runs = (file: string): boolean => {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${readFileSync(file, 'utf8').trim()}/stat`, 'utf8'));
  } catch {
    return false;
  }
};
const untilGone = (file: string): Promise<void> => expect.poll(() => runs(file)).toBe(false);

describe.skipIf(process.platform !== 'linux')('a cmd: reference', () => {
  it('reads an input that is at its end where nobody is there', async () => {
    expect(await ask('read x; echo tok$x')).toBe('tok');
  });

  it('is given up when its time is over, with all that it began', async () => {
    const pid = path.join(folder, 'late');
    await expect(ask(`sleep 60 & echo $! > ${pid}; wait`, { limitMs: 300 })).rejects.toMatchObject({
      code: 'CONFIG',
      message: 'token: the command timed out after 300 ms',
    });
    await untilGone(pid);
  });

  it('is given up at once when the run is stopped, with all that it began', async () => {
    const pid = path.join(folder, 'stopped');
    const stop = new AbortController();
    const asking = ask(`trap '' TERM; sleep 60 & echo $! > ${pid}; wait`, { signal: stop.signal });
    await Promise.race([asking, expect.poll(() => runs(pid)).toBe(true)]);
    stop.abort(143);
    await expect(asking).rejects.toMatchObject({ code: 'ABORTED' });
    await untilGone(pid);
  });

  it('is not begun where the run was stopped before', async () => {
    await expect(ask('echo x', { signal: AbortSignal.abort(130) })).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('ends with a message that says how', async () => {
    await expect(ask('kill -KILL $$')).rejects.toMatchObject({ message: 'token: the command was ended by SIGKILL' });
    await expect(ask('exit 3')).rejects.toMatchObject({ message: 'token: the command exited with status 3' });
    await expect(ask('true')).rejects.toMatchObject({ message: 'token: the command printed nothing' });
    await expect(ask('yes')).rejects.toMatchObject({ message: 'token: the command printed more than 1 MiB' });
  });
});

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isRunning, processId } from '../../src/host/process-id.ts';
import { removeStaleFiles, temporaryFilesFor, withHeartbeat } from '../../src/transfer/temporary-file.ts';
import { bundle } from '../support/bundle.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'imgctl-drafts-'));
  file = path.join(folder, 'out.raw');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const [space = '', , start = ''] = processId().split('-');
const otherSpace = space === '00000000' ? '11111111' : '00000000';
const gone = spawnSync('true').pid;

/** A draft of the process of this mark, which last showed a sign of life so long ago. */
function draft(mark: string, ageMs = 0): string {
  const name = `.out.raw.image.${mark}-0a0b0c0d.imgctl-part`;
  writeFileSync(path.join(folder, name), 'text');
  const then = (Date.now() - ageMs) / 1000;
  utimesSync(path.join(folder, name), then, then);
  return name;
}
const left = (): readonly string[] => readdirSync(folder);
const clear = (resume = false): Promise<void> => removeStaleFiles(file, temporaryFilesFor(file, 'image'), resume);

describe('the draft of a download', () => {
  const hour = 3_600_000;
  it.each([
    ['of this process, silent for an hour', processId(), hour],
    ['of a process in another container, which lives', `${otherSpace}-${gone}-1`, 0],
    ['of another one there, which has the number of one here', `${otherSpace}-${process.pid}-${start}`, 0],
    ['of a process of an earlier version, which lives', `${otherSpace}-${gone}`, 0],
  ])('stays: %s', async (_what, mark, ageMs) => {
    const name = draft(mark, ageMs);
    await clear();
    expect(left()).toEqual([name]);
  });

  it.each([
    ['of a process that is gone', `${space}-${gone}-${start}`, 0],
    ['of one whose number another program has now', `${space}-${process.pid}-${Number(start) - 1}`, 0],
    ['of a process in another container, silent for an hour', `${otherSpace}-${gone}-1`, hour],
    ['of a process of an earlier version, silent for an hour', `${otherSpace}-${gone}`, hour],
  ])('is cleared away, or gone on from: %s', async (_what, mark, ageMs) => {
    draft(mark, ageMs);
    await clear();
    expect(left()).toEqual([]);
    draft(mark, ageMs);
    await clear(true);
    expect(left()).toEqual(['.out.raw.image.imgctl-part']);
  });

  it('shows signs of life as long as it is worked on', async () => {
    const name = path.join(folder, draft(`${otherSpace}-1-1`, hour));
    const silentMs = (): number => Date.now() - statSync(name).mtimeMs;
    const work = async (): Promise<void> => expect.poll(silentMs).toBeLessThan(hour / 2);
    expect(silentMs()).toBeGreaterThan(hour / 2);
    await withHeartbeat(name, work, 20);
  });
});

describe('a process', () => {
  it('is told from others, of other containers too', async () => {
    const program = await bundle(path.join(import.meta.dirname, '../../src/host/process-id.ts'), folder);
    const print = `import(${JSON.stringify(program)}).then(({ processId }) => { console.log(processId()); setTimeout(() => {}, 60_000); })`;
    const markOf = async (command: string, ...args: readonly string[]): Promise<string> => {
      const child = spawn(command, [...args, process.execPath, '-e', print], { stdio: ['ignore', 'pipe', 'ignore'] });
      try {
        const mark = String((await once(child.stdout, 'data'))[0]).trim();
        const seen = isRunning(mark);
        child.kill('SIGKILL');
        await once(child, 'exit');
        return `${seen} ${isRunning(mark)}`;
      } finally {
        child.kill('SIGKILL');
      }
    };
    expect(isRunning(processId())).toBe(true);
    expect(await markOf('env')).toBe('true false');
    const contained = ['--user', '--map-root-user', '--pid', '--fork', '--kill-child', '--mount-proc'];
    if (spawnSync('unshare', [...contained, 'true']).status === 0)
      expect(await markOf('unshare', ...contained)).toBe('undefined undefined');
  });
});

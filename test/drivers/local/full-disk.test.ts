import { existsSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { commandStage, profileVariables } from '../../commands/stage.ts';
import { changes, type Interruption } from '../../support/interrupted-files.ts';

const interruption = vi.hoisted((): Interruption => ({}));
vi.mock('node:fs/promises', async (original) => {
  const { interrupted } = await import('../../support/interrupted-files.ts');
  return interrupted(await original(), interruption);
});

const stage = commandStage();
const env = () => profileVariables('here', 'local', { path: stage.file('here'), places: `second=${stage.file('second')}` });
const run = (...args: readonly string[]) => stage.run(args, { env: env() });
const reserve = (store: string): string => stage.file(path.join(store, 'imgctl', 'reserve'));
const isThere = (store: string): boolean => existsSync(reserve(store)) && readdirSync(reserve(store)).length > 0;

/** Runs a command line on a disk that has room for nothing new, as long as the reserve is there. */
async function onFullDisk(code: 'ENOSPC' | 'EDQUOT', ...args: readonly string[]) {
  interruption.before = async (name, args) => {
    const makes = ['mkdir', 'writeFile', 'copyFile', 'open'].includes(name) && changes(name, args);
    if (makes && (isThere('here') || isThere('second')))
      throw Object.assign(new Error(`${code}: no room`), { code, syscall: name });
  };
  try {
    return await run(...args);
  } finally {
    interruption.before = undefined;
  }
}

describe.each(['ENOSPC', 'EDQUOT'] as const)('a disk without room (%s)', (code) => {
  it('lets go of an image, and has its reserve again after that', async () => {
    await run('create', 'here:one', '--id', 'one');
    await run('create', 'here:two', '--id', 'two');
    expect(isThere('here')).toBe(true);
    const refused = await onFullDisk(code, 'create', 'here:three', '--id', 'three');
    expect([refused.exitCode, isThere('here')]).toEqual([14, true]);
    for (const id of ['one', 'two']) {
      const removed = await onFullDisk(code, 'delete', `here:${id}`, '--yes');
      expect(`${removed.exitCode} ${removed.stderr}`).toBe('0 ');
      expect(isThere('here')).toBe(true);
    }
    expect((await run('list', '-p', 'here', '-o', 'id')).stdout).toBe('');
  });

  it('keeps the reserve where it is a link to what is somebody else’s', async () => {
    await run('create', 'here:one', '--id', 'one');
    rmSync(reserve('here'), { recursive: true });
    stage.write('0', 'theirs');
    symlinkSync(stage.file('.'), reserve('here'));
    const refused = await onFullDisk(code, 'delete', 'here:one', '--yes');
    expect([refused.exitCode, stage.read('0').toString()]).toEqual([14, 'theirs']);
  });
});

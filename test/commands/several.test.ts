import { describe, expect, it } from 'vitest';
import { commandStage, errorOf } from './stage.ts';

const stage = commandStage();

const lines: readonly (readonly string[])[] = [
  ['show'],
  ['delete', '--yes'],
  ['patch', '--tag', 'x'],
  ['deactivate'],
  ['reactivate'],
];

describe.each(lines)('%s of several images, one of which fails', (verb, ...more) => {
  const typed = (...images: string[]) => [verb, ...images, ...more];

  it('tells the failure whole on stderr, as for one image, and a short word in the table', async () => {
    await stage.image('web');
    const alone = await stage.run(typed('wep'));
    const both = await stage.run(typed('web', 'wep'));
    expect([alone.exitCode, both.exitCode]).toEqual([5, 12]);
    expect(both.stderr).toContain(alone.stderr.trim());
    // What shows images has rows of images only.
    if (verb !== 'show') expect(both.stdout).toContain('not found');
    expect(both.stdout).not.toContain('no such image');
  });

  it('ends with a JSON error that has the exit code of the process, after the single ones', async () => {
    await stage.image('web');
    for (const images of [
      ['web', 'wep'],
      ['wep', 'nope'],
    ]) {
      const result = await stage.run([...typed(...images), '-o', 'json']);
      expect(errorOf(result).exitCode).toBe(result.exitCode);
      expect(result.stderr).toContain('"code":"NOT_FOUND"');
      if (verb === 'show') continue;
      const failed = (result.json() as { result: string }[]).find((row) => row.result === 'failed');
      expect(failed).toMatchObject({ code: 'NOT_FOUND', message: expect.any(String), hint: expect.any(String) });
    }
  });

  it('gives with -o id what was done only', async () => {
    const id = await stage.image('web');
    const result = await stage.run([...typed('wep', 'web'), '-o', 'id']);
    expect(result.stdout).toBe(`${String(id)}\n`);
  });
});

it('copy to a profile that there is not ends with 3', async () => {
  await stage.image('web');
  for (const to of ['nosuch', 'nosuch:web']) {
    const result = await stage.run(['copy', 'web', to, '--json']);
    expect([result.exitCode, errorOf(result).message]).toEqual([3, expect.stringContaining('nosuch')]);
  }
});
